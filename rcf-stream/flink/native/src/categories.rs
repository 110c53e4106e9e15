//! The methods of an encoder of categories.

use jni::EnvUnowned;
use jni::objects::{JByteArray, JClass, JString};
use jni::sys::{jboolean, jdouble, jlong};
use rcf::Refusal;
use rcf_core::categories::CategoryEncoder;

use crate::border::{Fault, bytes, call, free, hand_out, json, model, text};

/// `Native.categoryEncoderNew(parameters)`
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_categoryEncoderNew<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    parameters: JString<'local>,
) -> jlong {
    call(env, |env| {
        let encoder = rcf::parameters::category_encoder(&json(env, &parameters)?)?;
        Ok(hand_out(encoder))
    })
}

/// `Native.categoryEncoderLoad(bytes)`
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_categoryEncoderLoad<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    saved: JByteArray<'local>,
) -> jlong {
    call(env, |env| {
        let encoder = CategoryEncoder::from_bytes(&bytes(env, &saved)?)?;
        Ok(hand_out(encoder))
    })
}

/// `Native.categoryEncoderSave(encoder)`
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_categoryEncoderSave<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    encoder: jlong,
) -> JByteArray<'local> {
    call(env, |env| {
        // SAFETY: `rcf.CategoryEncoder` has the handle, and its lock.
        let encoder = unsafe { model::<CategoryEncoder>(encoder) }?.read()?;
        Ok(env.byte_array_from_slice(&encoder.to_bytes())?)
    })
}

/// `Native.categoryEncoderFree(encoder)`
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_categoryEncoderFree<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    encoder: jlong,
) {
    call(env, |_| {
        // SAFETY: `rcf.CategoryEncoder` has the handle, and forgets it.
        unsafe { free::<CategoryEncoder>(encoder) };
        Ok(())
    });
}

/// `Native.categoryEncoderProcess(encoder, category, learn)`
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_categoryEncoderProcess<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    encoder: jlong,
    category: JString<'local>,
    learn: jboolean,
) -> jdouble {
    call(env, |env| {
        // SAFETY: `rcf.CategoryEncoder` has the handle, and its lock.
        let encoder = unsafe { model::<CategoryEncoder>(encoder) }?;
        let category = text(env, &category)?;
        let category = category.ok_or(Fault::Refused(Refusal::Null("category")))?;
        match learn {
            true => encoder.change(|it| Ok(it.process(category))),
            false => Ok(encoder.read()?.surprise(category)),
        }
    })
}
