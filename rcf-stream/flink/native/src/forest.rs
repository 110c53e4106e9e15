//! The methods of a forest.

use jni::EnvUnowned;
use jni::objects::{JByteArray, JClass, JDoubleArray, JString};
use jni::sys::{jint, jlong};
use rcf_core::keyed::seed_for_key;
use rcf_core::{RandomCutForest, RandomCutForestBuilder};

use crate::border::{self, Fault, Rows, call, check_space, same_parameters};
use crate::model::{self, Model, Saved, methods, saved_methods};

/// The builder of a forest, for the model of a key if there is one.
fn builder(json: &str, key: Option<&str>) -> Result<RandomCutForestBuilder, Fault> {
    let builder = rcf::parameters::forest(json)?;
    let Some(key) = key else { return Ok(builder) };
    let seed = seed_for_key(builder.clone().config()?.seed, key);
    Ok(builder.seed(seed))
}

impl Saved for RandomCutForest {
    fn restore(saved: &[u8]) -> Result<Self, Fault> {
        Ok(Self::from_bytes(saved)?)
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.to_bytes()
    }
}

impl Model for RandomCutForest {
    fn new(parameters: &str, key: Option<&str>) -> Result<Self, Fault> {
        Ok(builder(parameters, key)?.build()?)
    }

    fn adopt(&mut self, parameters: &str, key: Option<&str>) -> Result<(), Fault> {
        let asked = builder(parameters, key)?.config()?;
        self.set_bounding_box_cache_fraction(asked.bounding_box_cache_fraction)?;
        same_parameters(self.config(), &asked)
    }

    fn observations(&self) -> u64 {
        self.updates()
    }

    fn width(&self) -> usize {
        self.config().values_per_call()
    }
}

methods!(RandomCutForest:
    Java_rcf_Native_forestNew,
    Java_rcf_Native_forestLoad,
    Java_rcf_Native_forestSave,
    Java_rcf_Native_forestFree,
    Java_rcf_Native_forestUpdates,
    Java_rcf_Native_forestValuesPerCall
);

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
        let forest = unsafe { border::model::<RandomCutForest>(forest) }?;
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
        let forest = unsafe { border::model::<RandomCutForest>(forest) }?.read()?;
        let length = values.len(env)?;
        let values = border::numbers(env, &values, length)?;
        forest.score(&values).map_err(Fault::from)
    })
}
