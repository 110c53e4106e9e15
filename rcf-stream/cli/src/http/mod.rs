//! The HTTP server of `rcf run`: health, metrics, and the live page. Everything can only be read.
//!
//! | path | answer |
//! |---|---|
//! | `/` | the live page; `/page.css` and `/page.js` are its parts |
//! | `/api/live?q=TEXT` | what the page shows: the worst keys that contain the text |
//! | `/livez` | 200 as long as the process answers |
//! | `/readyz` | 200 while the pipeline runs, 503 before and after |
//! | `/metrics` | metrics for Prometheus |
//!
//! There is no password: it listens on the loopback interface unless told otherwise. A page of
//! another site cannot read it through a name that leads to this machine, because on loopback
//! only loopback's names are answered.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::telemetry::live::Live;
use rcf_stream::metrics::metrics;

/// How many keys the page shows.
const SHOWN_KEYS: usize = 16;

/// The server cannot listen.
#[derive(Debug, Error)]
#[error("cannot listen on {address}: {source}; choose another http.port or http.host")]
pub struct ListenError {
    address: String,
    #[source]
    source: std::io::Error,
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens on a host and a port; port 0 takes any that is free.
    ///
    /// # Errors
    /// [`ListenError`].
    pub async fn start(host: &str, port: u16, live: Arc<Live>) -> Result<Self, ListenError> {
        let listening = async {
            let listener = TcpListener::bind((host, port)).await?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = listening.await.map_err(|source| ListenError {
            address: format!("{host}:{port}"),
            source,
        })?;
        let router = router(live, address.ip().is_loopback());
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the HTTP server has ended");
            }
        });
        Ok(Self { address, task })
    }

    /// Where it listens.
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

fn router(live: Arc<Live>, on_loopback: bool) -> Router {
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
        .route("/api/live", get(view))
        .route("/livez", get(|| text("text/plain", "ok\n")))
        .route("/readyz", get(ready))
        .route("/metrics", get(openmetrics))
        .with_state(live)
        .layer(middleware::map_response(harden));
    if on_loopback {
        router.layer(middleware::from_fn(only_loopback_names))
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

async fn openmetrics() -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics().text())
}

/// Nothing but our own files runs in the page, nobody frames it, and nothing is kept.
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

async fn only_loopback_names(headers: HeaderMap, request: Request, next: Next) -> Response {
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
