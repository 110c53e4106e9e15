//! Region and credentials. The SDK's own chains ask the metadata service of the instance for the
//! region before any credentials, and wait for many seconds if there is none.

use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::imds;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_kinesis::config::SharedHttpClient;
use tokio::time::timeout;

use super::Access;
use crate::connectors::kinesis::CredentialsSource;

/// How long the metadata service of the instance may take.
const INSTANCE_TIMEOUT: Duration = Duration::from_secs(2);

/// What the SDK is set up with; `None` if no region is known.
pub(super) async fn load(http: SharedHttpClient, access: Access<'_>) -> Option<SdkConfig> {
    let settings = ProviderConfig::without_region()
        .with_http_client(http.clone())
        .with_behavior_version(Some(BehaviorVersion::latest()));
    let region = match access.region {
        Some(region) => Region::new(region.to_owned()),
        None => known_region(&settings).await?,
    };
    let settings = settings.with_region(Some(region.clone()));
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .region(region)
        .credentials_provider(credentials(&settings, access.credentials));
    Some(loader.load().await)
}

async fn known_region(settings: &ProviderConfig) -> Option<Region> {
    let here = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(
        ProfileFileRegionProvider::builder()
            .configure(settings)
            .build(),
    );
    let instance = imds::region::ImdsRegionProvider::builder().configure(settings);
    let region = match here.region().await {
        Some(region) => Some(region),
        None => timeout(INSTANCE_TIMEOUT, instance.build().region())
            .await
            .ok()?,
    };
    region.filter(|region| !region.as_ref().is_empty())
}

fn credentials(
    settings: &ProviderConfig,
    source: Option<CredentialsSource>,
) -> SharedCredentialsProvider {
    let environment = EnvironmentVariableCredentialsProvider::new();
    let profile = ProfileFileCredentialsProvider::builder().configure(settings);
    let instance = imds::credentials::ImdsCredentialsProvider::builder().configure(settings);
    let instance = || Bounded(instance.build());
    match source {
        Some(CredentialsSource::Environment) => SharedCredentialsProvider::new(environment),
        Some(CredentialsSource::Profile) => SharedCredentialsProvider::new(profile.build()),
        Some(CredentialsSource::Instance) => SharedCredentialsProvider::new(instance()),
        None => {
            let web = WebIdentityTokenCredentialsProvider::builder().configure(settings);
            let container = EcsCredentialsProvider::builder().configure(settings);
            let chain = CredentialsProviderChain::first_try("Environment", environment)
                .or_else("Profile", profile.build())
                .or_else("WebIdentityToken", web.build())
                .or_else("EcsContainer", container.build())
                .or_else("Ec2InstanceMetadata", instance());
            SharedCredentialsProvider::new(chain)
        }
    }
}

/// The metadata service, with a timeout of two seconds: outside of an instance it does not respond.
#[derive(Debug)]
struct Bounded(imds::credentials::ImdsCredentialsProvider);

impl Bounded {
    async fn credentials(&self) -> provider::Result {
        match timeout(INSTANCE_TIMEOUT, self.0.provide_credentials()).await {
            Ok(answer) => answer,
            Err(_) => Err(CredentialsError::not_loaded(
                "the metadata service of the instance has not answered within two seconds",
            )),
        }
    }
}

impl ProvideCredentials for Bounded {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.0.fallback_on_interrupt()
    }
}
