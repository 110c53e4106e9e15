//! The border with Java: handles, arrays, exceptions.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use jni::errors::ErrorPolicy;
use jni::objects::{JByteArray, JClass, JDoubleArray, JString};
use jni::strings::{JNIStr, JNIString};
use jni::sys::{jint, jlong};
use jni::{Env, EnvUnowned, jni_str};
use ndarray::ArrayView2;
use rcf::{Guarded, Refusal, Status};
use rcf_core::{ConfigError, InputError, StateError};
use thiserror::Error;

/// Why a call fails.
#[derive(Debug, Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("{0} values cannot be split into rows of {1}")]
    Shape(usize, usize),
    #[error("an array for {expected} values is needed, got one for {got}")]
    Space { expected: usize, got: usize },
    #[error("the saved model has other parameters; {0}")]
    OtherParameters(String),
    #[error("the model is closed")]
    Closed,
    #[error(transparent)]
    Java(#[from] jni::errors::Error),
}

impl Fault {
    /// The exception for it.
    fn exception(&self) -> &'static JNIStr {
        match self {
            Self::Refused(refusal) => match refusal.status() {
                Status::Parameters => jni_str!("rcf/ConfigException"),
                Status::Length | Status::Input => jni_str!("rcf/InputException"),
                Status::State => jni_str!("rcf/StateException"),
                Status::Ok | Status::Pointer | Status::Panic => jni_str!("rcf/InternalException"),
            },
            Self::Shape(..) | Self::Space { .. } => jni_str!("rcf/InputException"),
            Self::OtherParameters(_) => jni_str!("rcf/StateException"),
            Self::Closed => jni_str!("java/lang/IllegalStateException"),
            Self::Java(_) => jni_str!("rcf/InternalException"),
        }
    }
}

/// Typed errors of the core are refusals.
macro_rules! refusals {
    ($($error:ty),+) => {$(
        impl From<$error> for Fault {
            fn from(error: $error) -> Self {
                Self::Refused(error.into())
            }
        }
    )+};
}
refusals!(
    rcf::parameters::ParameterError,
    ConfigError,
    InputError,
    rcf_core::ArrayError,
    StateError
);

/// The body of a native method: refusals and panics become exceptions.
pub(crate) fn call<'local, T: Default>(
    mut env: EnvUnowned<'local>,
    body: impl FnOnce(&mut Env<'local>) -> Result<T, Fault>,
) -> T {
    env.with_env(body).resolve::<Throw>()
}

/// Throws the exception of a fault, unless one is pending.
struct Throw;

impl<T: Default> ErrorPolicy<T, Fault> for Throw {
    type Captures<'local: 'method, 'method> = ();

    fn on_error<'local: 'method, 'method>(
        env: &mut Env<'local>,
        (): &mut (),
        fault: Fault,
    ) -> jni::errors::Result<T> {
        if !env.exception_check() {
            throw(env, fault.exception(), &fault.to_string())?;
        }
        Ok(T::default())
    }

    fn on_panic<'local: 'method, 'method>(
        env: &mut Env<'local>,
        (): &mut (),
        panic: Box<dyn Any + Send>,
    ) -> jni::errors::Result<T> {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        let text = text.unwrap_or("a panic without a text");
        let message = format!("a bug in this library, please report it: {text}");
        throw(env, jni_str!("rcf/InternalException"), &message)?;
        Ok(T::default())
    }
}

fn throw(env: &mut Env<'_>, exception: &JNIStr, message: &str) -> jni::errors::Result<()> {
    // `FindClass` asks the class loader of the native method: another one has other exceptions.
    let class = env.find_class(exception)?;
    match env.throw_new(class, JNIString::from(message)) {
        // Marks that the exception has been thrown.
        Err(jni::errors::Error::JavaException) | Ok(()) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Models that have been handed out and not been freed. Each class loader has its own library, and
/// so its own count.
static LIVE: AtomicI64 = AtomicI64::new(0);

/// A model as Java holds it.
pub(crate) struct Handle<M>(Guarded<M>);

/// Hands out a model.
pub(crate) fn hand_out<M>(model: M) -> jlong {
    LIVE.fetch_add(1, Ordering::Relaxed);
    Box::into_raw(Box::new(Handle(Guarded::new(model)))) as jlong
}

impl<M> Handle<M> {
    pub(crate) fn read(&self) -> Result<&M, Fault> {
        Ok(self.0.read()?)
    }

    /// Changes the model. If that panics it is refused from then on.
    pub(crate) fn change<R>(
        &mut self,
        change: impl FnOnce(&mut M) -> Result<R, Refusal>,
    ) -> Result<R, Fault> {
        Ok(self.0.change(change)?)
    }
}

/// The model of a handle.
///
/// # Safety
/// `handle` is 0 or comes from [`hand_out`] of the same type of model, is not freed while the
/// result lives, and no other code uses it: `rcf.Model` holds its lock during a call.
pub(crate) unsafe fn model<'a, M>(handle: jlong) -> Result<&'a mut Handle<M>, Fault> {
    // SAFETY: as promised; `as_mut` looks for 0.
    unsafe { (handle as *mut Handle<M>).as_mut() }.ok_or(Fault::Closed)
}

/// Frees a model.
///
/// # Safety
/// `handle` is 0 or comes from [`hand_out`] of the same type of model, and is no longer used.
pub(crate) unsafe fn free<M>(handle: jlong) {
    if handle != 0 {
        // SAFETY: `hand_out` made it from a box.
        drop(unsafe { Box::from_raw(handle as *mut Handle<M>) });
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// `Native.liveModels()`: models that are not closed.
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_liveModels(_: EnvUnowned<'_>, _: JClass<'_>) -> jlong {
    LIVE.load(Ordering::Relaxed)
}

/// The text of a string, if it is not null.
pub(crate) fn text(env: &Env<'_>, text: &JString<'_>) -> Result<Option<String>, Fault> {
    if text.is_null() {
        return Ok(None);
    }
    Ok(Some(text.try_to_string(env)?))
}

/// The text of the parameters, which is not null.
pub(crate) fn json(env: &Env<'_>, parameters: &JString<'_>) -> Result<String, Fault> {
    text(env, parameters)?.ok_or(Fault::Refused(Refusal::Null("parameters")))
}

/// The bytes of an array.
pub(crate) fn bytes(env: &Env<'_>, bytes: &JByteArray<'_>) -> Result<Vec<u8>, Fault> {
    if bytes.is_null() {
        return Err(Refusal::Null("bytes").into());
    }
    Ok(env.convert_byte_array(bytes)?)
}

/// A copy of the first `length` numbers of an array.
pub(crate) fn numbers(
    env: &Env<'_>,
    array: &JDoubleArray<'_>,
    length: usize,
) -> Result<Vec<f64>, Fault> {
    let mut numbers = vec![0.0; length];
    array.get_region(env, 0, &mut numbers)?;
    Ok(numbers)
}

/// This many rows at the beginning of an array.
pub(crate) struct Rows {
    values: Vec<f64>,
    rows: usize,
    columns: usize,
}

impl Rows {
    /// Copies `rows` rows of `columns` values from the beginning of `values`.
    pub(crate) fn read(
        env: &Env<'_>,
        values: &JDoubleArray<'_>,
        rows: jint,
        columns: jint,
    ) -> Result<Self, Fault> {
        let count = |number: jint| usize::try_from(number).unwrap_or(0);
        let (rows, columns) = (count(rows), count(columns));
        let length = values.len(env)?;
        let wanted = rows.checked_mul(columns).filter(|wanted| *wanted <= length);
        let wanted = wanted.ok_or(Fault::Shape(length, columns))?;
        let values = numbers(env, values, wanted)?;
        Ok(Self {
            values,
            rows,
            columns,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn view(&self) -> Result<ArrayView2<'_, f64>, Refusal> {
        ArrayView2::from_shape((self.rows, self.columns), &self.values)
            .map_err(|_| Refusal::TooLong("values"))
    }

    /// The values, if there is only one row.
    pub(crate) fn single(&self) -> Option<&[f64]> {
        (self.rows == 1).then_some(&self.values)
    }
}

/// Rejects an array that is too short for the results. To be called before anything changes.
pub(crate) fn check_space(
    env: &Env<'_>,
    results: &JDoubleArray<'_>,
    expected: usize,
) -> Result<(), Fault> {
    let got = results.len(env)?;
    if got < expected {
        return Err(Fault::Space { expected, got });
    }
    Ok(())
}

/// Rejects saved parameters that differ from the requested ones.
pub(crate) fn same_parameters<C: PartialEq + fmt::Debug>(
    saved: &C,
    asked: &C,
) -> Result<(), Fault> {
    if saved == asked {
        return Ok(());
    }
    let (saved, asked) = (format!("{saved:#?}"), format!("{asked:#?}"));
    let differences: Vec<String> = saved
        .lines()
        .zip(asked.lines())
        .filter(|(saved, asked)| saved != asked)
        .map(|(saved, asked)| {
            let trim = |line: &str| line.trim().trim_end_matches(',').to_owned();
            format!("saved: {}, requested: {}", trim(saved), trim(asked))
        })
        .collect();
    Err(Fault::OtherParameters(differences.join("; ")))
}
