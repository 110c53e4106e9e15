//! The methods of a forest.

use jni::EnvUnowned;
use jni::objects::{JByteArray, JClass, JDoubleArray, JString};
use jni::sys::{jint, jlong};
use rcf_core::keyed::seed_for_key;
use rcf_core::{RandomCutForest, RandomCutForestBuilder};

use crate::border::{
    Fault, Rows, bytes, call, check_space, free, hand_out, json, model, same_parameters, text,
};

/// The builder of a forest: of the model of a key, where there is one.
fn builder(json: &str, key: Option<&str>) -> Result<RandomCutForestBuilder, Fault> {
    let builder = rcf::parameters::forest(json)?;
    Ok(match key {
        Some(key) => {
            let seed = seed_for_key(builder.clone().config()?.seed, key);
            builder.seed(seed)
        }
        None => builder,
    })
}

/// `Native.forestNew(parameters, key)`
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_forestNew<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    parameters: JString<'local>,
    key: JString<'local>,
) -> jlong {
    call(env, |env| {
        let (parameters, key) = (json(env, &parameters)?, text(env, &key)?);
        Ok(hand_out(builder(&parameters, key.as_deref())?.build()?))
    })
}

/// `Native.forestLoad(parameters, key, bytes)`: without parameters, whatever it is.
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_forestLoad<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    parameters: JString<'local>,
    key: JString<'local>,
    saved: JByteArray<'local>,
) -> jlong {
    call(env, |env| {
        let mut forest = RandomCutForest::from_bytes(&bytes(env, &saved)?)?;
        if let Some(parameters) = text(env, &parameters)? {
            let asked = builder(&parameters, text(env, &key)?.as_deref())?.config()?;
            // No part of a saved state.
            forest.set_bounding_box_cache_fraction(asked.bounding_box_cache_fraction)?;
            same_parameters(forest.config(), &asked)?;
        }
        Ok(hand_out(forest))
    })
}

/// `Native.forestSave(forest)`
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_forestSave<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    forest: jlong,
) -> JByteArray<'local> {
    call(env, |env| {
        // SAFETY: `rcf.RandomCutForest` has the handle, and its lock.
        let forest = unsafe { model::<RandomCutForest>(forest) }?.read()?;
        Ok(env.byte_array_from_slice(&forest.to_bytes())?)
    })
}

/// `Native.forestFree(forest)`
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_forestFree<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    forest: jlong,
) {
    call(env, |_| {
        // SAFETY: `rcf.RandomCutForest` has the handle, and forgets it.
        unsafe { free::<RandomCutForest>(forest) };
        Ok(())
    });
}

/// `Native.forestValuesPerCall(forest)`
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_forestValuesPerCall<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    forest: jlong,
) -> jint {
    call(env, |_| {
        // SAFETY: `rcf.RandomCutForest` has the handle, and its lock.
        let forest = unsafe { model::<RandomCutForest>(forest) }?.read()?;
        Ok(jint::try_from(forest.config().values_per_call()).unwrap_or(jint::MAX))
    })
}

/// `Native.forestUpdates(forest)`
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_forestUpdates<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    forest: jlong,
) -> jlong {
    call(env, |_| {
        // SAFETY: `rcf.RandomCutForest` has the handle, and its lock.
        let forest = unsafe { model::<RandomCutForest>(forest) }?.read()?;
        Ok(jlong::try_from(forest.updates()).unwrap_or(jlong::MAX))
    })
}

/// `Native.forestProcess(forest, values, rows, columns, scores)`
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_forestProcess<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    forest: jlong,
    values: JDoubleArray<'local>,
    rows: jint,
    columns: jint,
    scores: JDoubleArray<'local>,
) {
    call(env, |env| {
        // SAFETY: `rcf.RandomCutForest` has the handle, and its lock.
        let forest = unsafe { model::<RandomCutForest>(forest) }?;
        let rows = Rows::read(env, &values, rows, columns)?;
        check_space(env, &scores, rows.len())?;
        if let Some(values) = rows.single() {
            let score = forest.change(|forest| Ok(forest.process(values)?))?;
            return Ok(scores.set_region(env, 0, &[score])?);
        }
        let found = forest.change(|forest| Ok(forest.process_array(rows.view()?)?))?;
        Ok(scores.set_region(env, 0, found.as_slice().unwrap_or_default())?)
    });
}

/// `Native.forestScore(forest, values)`: changes nothing.
#[unsafe(no_mangle)]
extern "system" fn Java_rcf_Native_forestScore<'local>(
    env: EnvUnowned<'local>,
    _: JClass<'local>,
    forest: jlong,
    values: JDoubleArray<'local>,
) -> f64 {
    call(env, |env| {
        // SAFETY: `rcf.RandomCutForest` has the handle, and its lock.
        let forest = unsafe { model::<RandomCutForest>(forest) }?.read()?;
        let length = values.len(env)?;
        let values = crate::border::numbers(env, &values, length)?;
        forest.score(&values).map_err(Fault::from)
    })
}
