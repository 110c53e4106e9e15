//! Classification of errors of the SDK.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kinesis::error::{ProvideErrorMetadata, SdkError};

use crate::connectors::kinesis::{ApiError, ErrorKind};

/// Classifies an error of the SDK and writes the text of its whole chain: the outermost link alone
/// contains no more than "service error".
impl<E> From<SdkError<E>> for ApiError
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    fn from(error: SdkError<E>) -> Self {
        if let Some(service) = error.as_service_error()
            && let Some(code) = service.code()
        {
            let status = error.raw_response().map(|raw| raw.status().as_u16());
            let kind = ErrorKind::of_code(code).unwrap_or(match status {
                Some(500..) => ErrorKind::Unavailable,
                _ => ErrorKind::Other,
            });
            let message = match service.message() {
                Some(text) => format!("{code}: {text}"),
                None => code.to_owned(),
            };
            return Self { kind, message };
        }
        Self {
            kind: kind_of(&error),
            message: chain(&error),
        }
    }
}

/// An error in the middle of a subscription. Unless the service reports otherwise the connection
/// broke, and a new subscription helps.
pub(super) fn of_event<E, R>(error: SdkError<E, R>) -> ApiError
where
    E: ProvideErrorMetadata + StdError + 'static,
    R: std::fmt::Debug + 'static,
{
    let code = error.as_service_error().and_then(|service| service.code());
    ApiError {
        kind: code
            .and_then(ErrorKind::of_code)
            .unwrap_or(ErrorKind::Unavailable),
        message: chain(&error),
    }
}

/// The kind of an error for which the service gave no name. Errors that the SDK would retry are
/// temporary, and so is a provider of credentials that fails for now.
fn kind_of<E: StdError + 'static>(error: &SdkError<E>) -> ErrorKind {
    if has_no_credentials(error) {
        return ErrorKind::Credentials;
    }
    let heals = match error {
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
        SdkError::ServiceError(service) => service.raw().status().is_server_error(),
        SdkError::DispatchFailure(failure) => {
            failure.is_io()
                || failure.is_timeout()
                || failure.as_other().is_some()
                || credentials_may_come(error)
        }
        _ => false,
    };
    if heals {
        ErrorKind::Unavailable
    } else {
        ErrorKind::Other
    }
}

/// Whether a provider of credentials failed for now, rather than having none.
fn credentials_may_come(error: &(dyn StdError + 'static)) -> bool {
    links(error).any(|link| {
        matches!(
            link.downcast_ref(),
            Some(CredentialsError::ProviderTimedOut(_) | CredentialsError::ProviderError(_))
        )
    })
}

/// Whether no place has credentials, or one of them cannot be read.
fn has_no_credentials(error: &(dyn StdError + 'static)) -> bool {
    links(error).any(|link| {
        matches!(
            link.downcast_ref(),
            Some(
                CredentialsError::CredentialsNotLoaded(_)
                    | CredentialsError::InvalidConfiguration(_)
            )
        )
    })
}

/// All links on one line: the chain of credentials reports each place on a separate line.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let one_line = |link: &(dyn StdError + 'static)| {
        let text = link.to_string();
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        lines.join("; ").replace(":; ", ": ")
    };
    let texts: Vec<String> = links(error).map(one_line).collect();
    texts.join(": ")
}

fn links<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let link = next?;
        next = link.source();
        Some(link)
    })
}
