//! A model as Python holds it.

mod description;
mod inputs;

pub(crate) use description::describe;
pub(crate) use inputs::Table;

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use rcf_core::ConfigError;

use crate::answers::Shape;
use crate::errors;
use crate::parameters::{Keywords, Parameter, integer};
use crate::saved::Saved;
use crate::shared::Shared;

/// What the three kinds of models have in common.
pub(crate) trait Model: Saved + Send + Sync + 'static {
    /// The name of the class in Python.
    const CLASS: &'static str;
    type Builder;
    type Config: Clone + Send + Sync;
    /// All keywords except the number of inputs.
    const PARAMETERS: &'static [Parameter<Self::Builder, Self::Config>];

    fn builder(inputs: usize) -> Self::Builder;
    fn build(builder: Self::Builder) -> Result<Self, ConfigError>;
    /// The configuration of a builder.
    fn resolve(builder: Self::Builder) -> Result<Self::Config, ConfigError>;
    fn parameters(&self) -> &Self::Config;
    fn shape(config: &Self::Config) -> Shape;
    /// The number of values that one call takes.
    fn width(config: &Self::Config) -> usize {
        Self::shape(config)[1]
    }
    fn has_learned(&self) -> bool;
}

/// A saved state, whether it is trusted, and the other parts of a pickle.
pub(crate) type State<'py> = (Bound<'py, PyBytes>, bool, Option<Bound<'py, PyDict>>);

/// A model that threads share, with its parameters, which can be read without waiting for it, and
/// with its inputs: their names, and whether their number is still open.
pub(crate) struct Held<M: Model> {
    model: Shared<M>,
    config: Mutex<Arc<M::Config>>,
    width: AtomicUsize,
    /// The keywords of a model whose number of inputs follows from its first data.
    open: Mutex<Option<Py<PyDict>>>,
    is_open: AtomicBool,
    names: Mutex<Option<Vec<String>>>,
}

impl<M: Model> Deref for Held<M> {
    type Target = Shared<M>;

    fn deref(&self) -> &Shared<M> {
        &self.model
    }
}

/// These locks guard single values, which a panic cannot leave half changed; they are never held
/// while Python code runs.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<M: Model> From<M> for Held<M> {
    fn from(model: M) -> Self {
        let config = model.parameters().clone();
        Self {
            width: AtomicUsize::new(M::width(&config)),
            config: Mutex::new(Arc::new(config)),
            model: Shared::new(model),
            open: Mutex::new(None),
            is_open: AtomicBool::new(false),
            names: Mutex::new(None),
        }
    }
}

impl<M: Model> Held<M> {
    /// A model of these keywords, or of a saved state.
    pub(crate) fn new(
        py: Python<'_>,
        keywords: Option<&Bound<'_, PyDict>>,
        state: Option<State<'_>>,
    ) -> PyResult<Self> {
        if let Some((bytes, trusted, memory)) = state {
            let model = M::from_state(bytes.as_bytes(), trusted).map_err(errors::state)?;
            let held = Self::from(model);
            if let Some(memory) = memory {
                held.recall(&memory)?;
            }
            return Ok(held);
        }
        let keywords = Keywords::check(M::CLASS, M::PARAMETERS, keywords)?;
        let inputs = keywords.get("input_dimensions")?;
        let inputs = integer("input_dimensions", inputs.as_ref())?;
        let held = Self::from(Self::make(&keywords, inputs.unwrap_or(1))?);
        if inputs.is_none() {
            let kept = keywords.keep(py)?;
            // A drawn seed stays the one that the property `seed` has shown.
            let parameters = M::PARAMETERS.iter();
            for seed in parameters.filter(|parameter| parameter.name == "seed") {
                let drawn = (seed.get)(py, &held.config())?;
                kept.bind(py).set_item(seed.name, drawn)?;
            }
            *lock(&held.open) = Some(kept);
            held.is_open.store(true, Ordering::Relaxed);
        }
        Ok(held)
    }

    fn make(keywords: &Keywords<'_>, inputs: usize) -> PyResult<M> {
        let builder = keywords.apply(M::PARAMETERS, M::builder(inputs))?;
        M::build(builder).map_err(errors::config)
    }

    pub(crate) fn config(&self) -> Arc<M::Config> {
        Arc::clone(&lock(&self.config))
    }

    /// The number of values that one call takes.
    pub(crate) fn width(&self) -> usize {
        self.width.load(Ordering::Relaxed)
    }

    /// Observations × values of one, in a point.
    pub(crate) fn shape(&self) -> Shape {
        M::shape(&self.config())
    }

    /// Whether the number of inputs was left open, and nothing has been learned.
    pub(crate) fn is_open(&self, py: Python<'_>) -> PyResult<bool> {
        if !self.is_open.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let is_open = !self.model.read(py)?.has_learned();
        if !is_open {
            self.close();
        }
        Ok(is_open)
    }

    /// Fixes the number of inputs.
    pub(crate) fn close(&self) {
        self.is_open.store(false, Ordering::Relaxed);
        *lock(&self.open) = None;
    }

    /// The parts of a pickle besides the state: names, and the keywords of an open model.
    pub(crate) fn memory<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let memory = PyDict::new(py);
        memory.set_item("names", self.names())?;
        if self.is_open(py)? {
            let open = lock(&self.open).as_ref().map(|kept| kept.clone_ref(py));
            memory.set_item("open", open)?;
        }
        Ok(memory)
    }

    fn recall(&self, memory: &Bound<'_, PyDict>) -> PyResult<()> {
        if let Some(names) = memory.get_item("names")? {
            *lock(&self.names) = names.extract()?;
        }
        if let Some(keywords) = memory.get_item("open")? {
            *lock(&self.open) = Some(keywords.cast_into::<PyDict>()?.unbind());
            self.is_open.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}
