//! Methods that all models have: they are created, restored, saved, counted and freed.

use jni::EnvUnowned;
use jni::objects::{JByteArray, JString};
use jni::sys::{jint, jlong};

use crate::border::{Fault, bytes, call, hand_out, json, model, text};

/// What can be saved and restored.
pub(crate) trait Saved: Sized {
    fn restore(saved: &[u8]) -> Result<Self, Fault>;

    fn to_bytes(&self) -> Vec<u8>;
}

/// A model of `rcf-core`.
pub(crate) trait Model: Saved {
    /// A new model, for a key if there is one.
    fn new(parameters: &str, key: Option<&str>) -> Result<Self, Fault>;

    /// Rejects a model that was saved with other parameters. Parameters that are not part of a
    /// saved state are set.
    fn adopt(&mut self, parameters: &str, key: Option<&str>) -> Result<(), Fault>;

    /// The number of observations that it has learned.
    fn observations(&self) -> u64;

    /// The number of values that a call takes.
    fn width(&self) -> usize;
}

pub(crate) fn make<'local, M: Model>(
    env: EnvUnowned<'local>,
    parameters: &JString<'local>,
    key: &JString<'local>,
) -> jlong {
    call(env, |env| {
        let (parameters, key) = (json(env, parameters)?, text(env, key)?);
        Ok(hand_out(M::new(&parameters, key.as_deref())?))
    })
}

/// Without parameters, any saved model is restored.
pub(crate) fn load<'local, M: Model>(
    env: EnvUnowned<'local>,
    parameters: &JString<'local>,
    key: &JString<'local>,
    saved: &JByteArray<'local>,
) -> jlong {
    call(env, |env| {
        let mut model = M::restore(&bytes(env, saved)?)?;
        if let Some(parameters) = text(env, parameters)? {
            model.adopt(&parameters, text(env, key)?.as_deref())?;
        }
        Ok(hand_out(model))
    })
}

/// # Safety
/// As for [`model`].
pub(crate) unsafe fn save<'local, M: Saved>(
    env: EnvUnowned<'local>,
    handle: jlong,
) -> JByteArray<'local> {
    call(env, |env| {
        // SAFETY: as promised.
        let model = unsafe { model::<M>(handle) }?.read()?;
        Ok(env.byte_array_from_slice(&model.to_bytes())?)
    })
}

/// # Safety
/// As for [`free`](crate::border::free).
pub(crate) unsafe fn free<M: Saved>(env: EnvUnowned<'_>, handle: jlong) {
    call(env, |_| {
        // SAFETY: as promised.
        unsafe { crate::border::free::<M>(handle) };
        Ok(())
    });
}

/// # Safety
/// As for [`model`].
pub(crate) unsafe fn observations<M: Model>(env: EnvUnowned<'_>, handle: jlong) -> jlong {
    call(env, |_| {
        // SAFETY: as promised.
        let model = unsafe { model::<M>(handle) }?.read()?;
        Ok(jlong::try_from(model.observations()).unwrap_or(jlong::MAX))
    })
}

/// # Safety
/// As for [`model`].
pub(crate) unsafe fn width<M: Model>(env: EnvUnowned<'_>, handle: jlong) -> jint {
    call(env, |_| {
        // SAFETY: as promised.
        let model = unsafe { model::<M>(handle) }?.read()?;
        Ok(jint::try_from(model.width()).unwrap_or(jint::MAX))
    })
}

/// The native methods that save and free, by their names in C.
macro_rules! saved_methods {
    ($model:ty: $save:ident, $free:ident) => {
        #[unsafe(no_mangle)]
        extern "system" fn $save<'local>(
            env: EnvUnowned<'local>,
            _: JClass<'local>,
            handle: jlong,
        ) -> JByteArray<'local> {
            // SAFETY: the owner, a subclass of `rcf.Handle`, has it, and its lock.
            unsafe { model::save::<$model>(env, handle) }
        }

        #[unsafe(no_mangle)]
        extern "system" fn $free<'local>(
            env: EnvUnowned<'local>,
            _: JClass<'local>,
            handle: jlong,
        ) {
            // SAFETY: the owner, a subclass of `rcf.Handle`, has it, and forgets it.
            unsafe { model::free::<$model>(env, handle) }
        }
    };
}
pub(crate) use saved_methods;

/// The native methods of a model that are the same for all of them, by their names in C.
macro_rules! methods {
    ($model:ty: $new:ident, $load:ident, $save:ident, $free:ident, $observations:ident, $width:ident) => {
        #[unsafe(no_mangle)]
        extern "system" fn $new<'local>(
            env: EnvUnowned<'local>,
            _: JClass<'local>,
            parameters: JString<'local>,
            key: JString<'local>,
        ) -> jlong {
            model::make::<$model>(env, &parameters, &key)
        }

        #[unsafe(no_mangle)]
        extern "system" fn $load<'local>(
            env: EnvUnowned<'local>,
            _: JClass<'local>,
            parameters: JString<'local>,
            key: JString<'local>,
            saved: JByteArray<'local>,
        ) -> jlong {
            model::load::<$model>(env, &parameters, &key, &saved)
        }

        saved_methods!($model: $save, $free);

        #[unsafe(no_mangle)]
        extern "system" fn $observations<'local>(
            env: EnvUnowned<'local>,
            _: JClass<'local>,
            handle: jlong,
        ) -> jlong {
            // SAFETY: a subclass of `rcf.Model` has the handle, and its lock.
            unsafe { model::observations::<$model>(env, handle) }
        }

        #[unsafe(no_mangle)]
        extern "system" fn $width<'local>(
            env: EnvUnowned<'local>,
            _: JClass<'local>,
            handle: jlong,
        ) -> jint {
            // SAFETY: a subclass of `rcf.Model` has the handle, and its lock.
            unsafe { model::width::<$model>(env, handle) }
        }
    };
}
pub(crate) use methods;
