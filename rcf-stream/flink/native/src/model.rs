//! Methods that all models have: they are created, restored, saved, counted and freed.

use jni::EnvUnowned;
use jni::objects::{JByteArray, JString};
use jni::sys::{jint, jlong};

use crate::border::{Fault, bytes, call, hand_out, json, model, text};

/// A model of `rcf-core`.
pub(crate) trait Model: Sized {
    /// A new model: that of a key, where there is one.
    fn new(parameters: &str, key: Option<&str>) -> Result<Self, Fault>;

    /// Restores a saved model.
    fn restore(saved: &[u8]) -> Result<Self, Fault>;

    /// Refuses a model that was saved with other parameters. What is no part of a saved state is
    /// set to them.
    fn adopt(&mut self, parameters: &str, key: Option<&str>) -> Result<(), Fault>;

    fn to_bytes(&self) -> Vec<u8>;

    /// The number of observations taken so far.
    fn records(&self) -> u64;

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

/// Without parameters, whatever was saved is restored.
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
pub(crate) unsafe fn save<'local, M: Model>(
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
pub(crate) unsafe fn free<M: Model>(env: EnvUnowned<'_>, handle: jlong) {
    call(env, |_| {
        // SAFETY: as promised.
        unsafe { crate::border::free::<M>(handle) };
        Ok(())
    });
}

/// # Safety
/// As for [`model`].
pub(crate) unsafe fn records<M: Model>(env: EnvUnowned<'_>, handle: jlong) -> jlong {
    call(env, |_| {
        // SAFETY: as promised.
        let model = unsafe { model::<M>(handle) }?.read()?;
        Ok(jlong::try_from(model.records()).unwrap_or(jlong::MAX))
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

/// The native methods of a model that are the same for all of them, by their names in C.
macro_rules! methods {
    ($model:ty: $new:ident, $load:ident, $save:ident, $free:ident, $records:ident, $width:ident) => {
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

        #[unsafe(no_mangle)]
        extern "system" fn $save<'local>(
            env: EnvUnowned<'local>,
            _: JClass<'local>,
            handle: jlong,
        ) -> JByteArray<'local> {
            // SAFETY: a subclass of `rcf.Model` has the handle, and its lock.
            unsafe { model::save::<$model>(env, handle) }
        }

        #[unsafe(no_mangle)]
        extern "system" fn $free<'local>(
            env: EnvUnowned<'local>,
            _: JClass<'local>,
            handle: jlong,
        ) {
            // SAFETY: a subclass of `rcf.Model` has the handle, and forgets it.
            unsafe { model::free::<$model>(env, handle) }
        }

        #[unsafe(no_mangle)]
        extern "system" fn $records<'local>(
            env: EnvUnowned<'local>,
            _: JClass<'local>,
            handle: jlong,
        ) -> jlong {
            // SAFETY: a subclass of `rcf.Model` has the handle, and its lock.
            unsafe { model::records::<$model>(env, handle) }
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
