use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::change_set::{Actor, ChangeSet};
use super::pool::Db;
use super::step_size::StepSize;
use crate::error::AppError;

/// How long a step takes. After each one it is seen whether somebody waits to save.
const STEP_TIME: Duration = Duration::from_millis(25);
/// How long a piece of several steps takes while somebody waits, and at most while nobody does. The more rows a piece has,
/// the fewer pages of the indexes are written again by the next.
const SHORT_PIECE: Duration = Duration::from_millis(40);
const LONG_PIECE: Duration = Duration::from_secs(1);
/// How long it may take to have a piece on the disk: who comes at its end waits for all of that.
const COMMIT_TIME: Duration = Duration::from_millis(60);

/// One piece at a time, whatever is being done: nobody who saves waits for two. Of several long works each gets its turn.
static TURN: Mutex<()> = Mutex::const_new(());

/// How the next piece of long work is to go.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How many rows its first step has.
    size: StepSize,
    /// How long it takes while nobody waits.
    time: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { size: StepSize::first(STEP_TIME), time: SHORT_PIECE }
    }
}

/// A piece that is done, but for its commit.
struct Piece<T> {
    /// What its last step said.
    came_to: (bool, T),
    next_size: StepSize,
    took: Duration,
    ended: Instant,
}

impl Db {
    /// Does the next piece of long work, as [`write_piece_now`](Self::write_piece_now) does: step after step, each with as many
    /// rows as it is told to take, until one says that nothing is left, or others have waited for long enough. Gives what the last
    /// step said: whether more may be left, and what has been done.
    ///
    /// Not to be called by a thread that answers requests.
    ///
    /// # Errors
    /// Those of `step`, and then nothing of this piece is written; `Unavailable` if the database does not answer.
    pub fn write_steps_now<T: Send + 'static>(
        &self,
        actor: Actor,
        pace: &mut Pace,
        mut step: impl FnMut(&mut ChangeSet<'_>, i64) -> Result<(bool, T), AppError> + Send + 'static,
    ) -> Result<(bool, T), AppError> {
        let _turn = TURN.blocking_lock();
        let (db, Pace { mut size, time }) = (self.clone(), *pace);
        let piece = self.write_piece_now(actor, move |change| {
            let begun = Instant::now();
            loop {
                let step_begun = Instant::now();
                let came_to = step(change, size.rows)?;
                size = size.next(step_begun.elapsed());
                let took = begun.elapsed();
                if !came_to.0 || took >= time || (took >= SHORT_PIECE && db.is_awaited()) {
                    return Ok(Piece { came_to, next_size: size, took, ended: Instant::now() });
                }
            }
        })?;
        *pace = Pace { size: piece.next_size, time: next_time(piece.took, piece.ended.elapsed()) };
        Ok(piece.came_to)
    }
}

/// How long the next piece may take, from the time that one of this length took to be on the disk.
fn next_time(took: Duration, commit: Duration) -> Duration {
    took.mul_f64(COMMIT_TIME.div_duration_f64(commit.max(Duration::from_millis(1)))).clamp(SHORT_PIECE, LONG_PIECE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_as_long_as_their_commits_are_short() {
        let after = |took, commit| next_time(Duration::from_millis(took), Duration::from_millis(commit)).as_millis();
        assert_eq!(after(100, 60), 100);
        assert_eq!(after(100, 120), 50);
        assert_eq!(after(100, 500), 40);
        assert_eq!(after(60, 20), 180);
        assert_eq!(after(100, 0), 1000);
    }
}
