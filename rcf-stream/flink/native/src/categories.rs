//! The methods of an encoder of categories.

use jni::EnvUnowned;
use jni::objects::{JByteArray, JClass, JString};
use jni::sys::{jboolean, jdouble, jlong};
use rcf::Refusal;
use rcf_core::categories::CategoryEncoder;

use crate::border::{self, Fault, bytes, call, hand_out, json, text};
use crate::model::{self, Saved, saved_methods};

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
        let encoder = CategoryEncoder::restore(&bytes(env, &saved)?)?;
        Ok(hand_out(encoder))
    })
}

impl Saved for CategoryEncoder {
    fn restore(saved: &[u8]) -> Result<Self, Fault> {
        Ok(Self::from_bytes(saved)?)
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.to_bytes()
    }
}

saved_methods!(CategoryEncoder:
    Java_rcf_Native_categoryEncoderSave,
    Java_rcf_Native_categoryEncoderFree
);

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
        let encoder = unsafe { border::model::<CategoryEncoder>(encoder) }?;
        let category = text(env, &category)?;
        let category = category.ok_or(Fault::Refused(Refusal::Null("category")))?;
        match learn {
            true => encoder.change(|it| Ok(it.process(category))),
            false => Ok(encoder.read()?.surprise(category)),
        }
    })
}
