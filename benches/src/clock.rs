//! CPU time of the calling thread: on a shared machine, wall-clock time depends on other programs.

use std::time::Duration;

/// CPU time that this thread has used so far.
#[cfg(unix)]
pub fn thread_cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        time.tv_nsec.unsigned_abs() as u32,
    )
}

/// Time since the first call: other systems have no such clock, so the wall clock is used.
#[cfg(not(unix))]
pub fn thread_cpu_time() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

/// Runs `work` and returns its duration and its result.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = thread_cpu_time();
    let result = work();
    (thread_cpu_time() - start, result)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn sleep_costs_nothing_and_work_costs_something() {
        let (asleep, ()) = timed(|| std::thread::sleep(Duration::from_millis(200)));
        assert!(asleep < Duration::from_millis(100), "{asleep:?}");

        let (awake, _) = timed(|| {
            let start = thread_cpu_time();
            while thread_cpu_time() - start < Duration::from_millis(10) {}
        });
        assert!(awake >= Duration::from_millis(10), "{awake:?}");
    }
}
