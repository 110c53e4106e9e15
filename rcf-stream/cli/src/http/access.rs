//! Access control: everyone on this machine, or anyone with the token.

use std::path::{Path, PathBuf};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use thiserror::Error;

/// A shorter token could be guessed.
const SHORTEST: usize = 16;

/// The token of a file cannot be used.
#[derive(Debug, Error)]
pub enum TokenError {
    /// The file cannot be read.
    #[error("http.token_file: cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The content of the file is not a token.
    #[error(
        "http.token_file: {path} must contain one line of at least {SHORTEST} visible ASCII \
         characters; create one with: openssl rand -hex 32"
    )]
    Form {
        /// The file.
        path: PathBuf,
    },
}

/// The credentials that a request needs to see keys, values or metrics.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Reads the token from a file of one line.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let text = std::fs::read_to_string(path).map_err(|source| TokenError::Read {
            path: path.to_owned(),
            source,
        })?;
        let token = text.trim();
        if token.len() < SHORTEST || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            let path = path.to_owned();
            return Err(TokenError::Form { path });
        }
        Ok(Self(token.to_owned()))
    }

    fn is_shown(&self, headers: &HeaderMap) -> bool {
        let value = headers.get(header::AUTHORIZATION);
        let shown = value.and_then(|value| {
            let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
            scheme
                .eq_ignore_ascii_case("bearer")
                .then_some(token.trim())
        });
        shown.is_some_and(|shown| is_equal(shown.as_bytes(), self.0.as_bytes()))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Takes constant time wherever they differ.
fn is_equal(a: &[u8], b: &[u8]) -> bool {
    let differences = a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b));
    a.len() == b.len() && differences == 0
}

/// Accepts a request that has the token, if there is one.
pub(super) async fn only_with_token(
    State(token): State<Option<Token>>,
    request: Request,
    next: Next,
) -> Response {
    match token {
        Some(token) if !token.is_shown(request.headers()) => (
            StatusCode::UNAUTHORIZED,
            [(header::WWW_AUTHENTICATE, "Bearer")],
            "send the token of http.token_file: Authorization: Bearer TOKEN\n",
        )
            .into_response(),
        _ => next.run(request).await,
    }
}

/// Accepts a request that addresses this machine by a name of loopback, so that no page of another
/// site reads it through a name that resolves to this machine.
pub(super) async fn only_loopback_names(
    headers: HeaderMap,
    request: Request,
    next: Next,
) -> Response {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    let is_loopback = name == "localhost"
        || name == "[::1]"
        || name
            .parse()
            .is_ok_and(|ip: std::net::Ipv4Addr| ip.is_loopback());
    if is_loopback {
        next.run(request).await
    } else {
        (
            StatusCode::FORBIDDEN,
            "only names of the loopback interface are answered\n",
        )
            .into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_long_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Token::read(&path)
        };
        let token = read("0123456789abcdef\n").unwrap();
        assert_eq!(format!("{token:?}"), "Token(…)");
        for wrong in [
            "",
            "short\n",
            "two lines of text\nand more",
            "0123456789abcdeé",
        ] {
            assert!(
                matches!(read(wrong), Err(TokenError::Form { .. })),
                "{wrong}"
            );
        }
        let shows = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            token.is_shown(&headers)
        };
        assert!(shows("Bearer 0123456789abcdef") && shows("bearer  0123456789abcdef"));
        for wrong in [
            "Bearer 0123456789abcdeg",
            "Bearer 0123456789abcde",
            "0123456789abcdef",
        ] {
            assert!(!shows(wrong), "{wrong}");
        }
        assert!(!token.is_shown(&HeaderMap::new()));
    }
}
