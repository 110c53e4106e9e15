//! The HTTP server of `rcf run`: health, metrics, and the live page. It is read-only.
//!
//! |  answer|path | response| answer |
//! |---|---|
//! | `/` | the live page; `/page.css` and `/page.js` are its parts |
//! | `/api/live?q=TEXT` | the data of the page: the worst keys that contain the text |
//! | `/livez` | 200 as long as the process answers |
//! | `/readyz` | 200 while the pipeline runs, 503 before and after |
//! | `/metrics` | metrics for Prometheus |
//!
//! It listens on the loopback interface. Other interfaces need a token (`http.token_file`), which
//! all paths require that show keys, values or metrics; or `http.public = true`, which shows them
//! to everyone. A page of another site cannot read it through a name that resolves to this machine,
//! because on loopback only names of loopback are accepted.

mod access;
mod connections;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rcf_stream::config::HttpConfig;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use access::{Token, TokenError};

use crate::telemetry::live::Live;

/// How many keys the page shows.
const SHOWN_KEYS: usize = 16;

/// The server cannot listen.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another http.port or http.host")]
    Address {
        /// The host and the port.
        address: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Others could access it without a token.
    #[error(
        "http.host = {host:?} is reachable from other machines, and everyone there would see \
         keys, values and metrics: set http.token_file, or http.public = true if this is intended"
    )]
    Public {
        /// The host.
        host: String,
    },
    /// The token cannot be used.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl ListenError {
    /// Whether the remedy is to change the configuration.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        matches!(self, Self::Public { .. } | Self::Token(_))
    }
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens on a host and a port; port 0 chooses a free one.
    ///
    /// # Errors
    /// [`ListenError`].
    pub async fn start(config: &HttpConfig, live: Arc<Live>) -> Result<Self, ListenError> {
        let HttpConfig { host, port, .. } = config;
        let token = config.token_file.as_deref().map(Token::read).transpose()?;
        let failed = |source| ListenError::Address {
            address: format!("{host}:{port}"),
            source,
        };
        let addresses = tokio::net::lookup_host((host.as_str(), *port)).await;
        let addresses: Vec<SocketAddr> = addresses.map_err(failed)?.collect();
        let is_private = addresses.iter().all(|address| address.ip().is_loopback());
        if !(is_private || token.is_some() || config.public) {
            return Err(ListenError::Public { host: host.clone() });
        }
        let listener = TcpListener::bind(addresses.as_slice()).await;
        let listener = listener.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let router = router(live, token, address.ip().is_loopback());
        let task = tokio::spawn(connections::serve(listener, router));
        Ok(Self { address, task })
    }

    /// The address on which it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn router(live: Arc<Live>, token: Option<Token>, on_loopback: bool) -> Router {
    let data = Router::new()
        .route("/api/live", get(view))
        .route("/metrics", get(openmetrics))
        .layer(middleware::from_fn_with_state(
            token,
            access::only_with_token,
        ));
    let router = Router::new()
        .route(
            "/",
            get(|| text("text/html", include_str!("page/page.html"))),
        )
        .route(
            "/page.css",
            get(|| text("text/css", include_str!("page/page.css"))),
        )
        .route(
            "/page.js",
            get(|| text("text/javascript", include_str!("page/page.js"))),
        )
        .route("/livez", get(|| text("text/plain", "ok\n")))
        .route("/readyz", get(ready))
        .merge(data)
        .with_state(live)
        .layer(middleware::map_response(harden));
    if on_loopback {
        router.layer(middleware::from_fn(access::only_loopback_names))
    } else {
        router
    }
}

async fn text(kind: &'static str, body: &'static str) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))],
        body,
    )
}

#[derive(serde::Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
}

async fn view(State(live): State<Arc<Live>>, Query(search): Query<Search>) -> Response {
    match serde_json::to_string(&live.view(&search.q, SHOWN_KEYS)) {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn ready(State(live): State<Arc<Live>>) -> (StatusCode, &'static str) {
    if live.is_ready() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}

async fn openmetrics(State(live): State<Arc<Live>>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], live.metrics().text())
}

/// Only our own files run in the page, it cannot be framed, and nothing is cached.
async fn harden(mut response: Response) -> Response {
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                          connect-src 'self'; base-uri 'none'; form-action 'none'; \
                          frame-ancestors 'none'";
    let headers: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
