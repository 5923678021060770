//! The two databases: opening, reading, writing, and what they spell differently.
mod bulk; // many rows with one statement
mod capped; // counting no further than is worth it
mod change_set; // the one way to write
mod checkpoints; // the log of an SQLite file, written back
mod conn; // one connection type for both databases
mod copy; // an SQLite file copied while it is used
mod integrity; // what may be damaged
mod keyset; // pages of a list, each as cheap as the first
mod limited; // queries that stop after some rows
mod load; // filling empty tables
mod lock; // what one transaction at a time decides
mod migrate; // bringing the tables up to date
mod paced; // how long a piece of long work takes
mod pieces; // long work, done piece by piece
mod pool; // reading, and queueing to write
mod remembered; // answers that stay good until something is committed
mod same_file; // whether the file is still the one that was opened
mod sequence; // ids chosen by callers
mod sql; // SQL that Diesel has no words for, kept prepared
mod staging; // where an imported file waits to be compared
mod stamp; // marks of what is committed
mod statistics; // what the planner knows of the tables
mod step_size; // how many rows take how long
mod threads; // threads with a connection of their own
mod timestamp; // the times in a row
mod trigrams; // the index that searches go by
mod url; // which database DATABASE_URL means
mod words; // what was searched for, as LIKE patterns
mod writer; // one writer for SQLite, several saves a commit

pub use bulk::BATCH;
pub(crate) use bulk::insert_batch;
pub use capped::{COUNT_CAP, Capped, Count};
pub use change_set::{Actor, ChangeSet, Source, now};
pub use conn::{Conn, MultiBackend, Purpose};
pub use keyset::{Cursor, Key, KeyKind, Keyset, Page, Place, SortColumn};
pub use limited::Limited;
pub use lock::{Hold, Lock};
pub use migrate::{is_up_to_date, migrate};
pub use paced::Pace;
pub use pieces::Pieces;
pub use pool::Db;
pub use remembered::{Known, Remembered};
pub use sequence::reserve_item_id;
pub use sql::Sql;
pub use staging::{StagedItem, StagedStore, StagedTag};
pub use stamp::{Marks, Stamp};
pub use step_size::StepSize;
pub use timestamp::Timestamp;
pub use trigrams::{Holding, INDEXED_LETTERS, having_line, holding, holding_closely};
pub use url::DatabaseUrl;
pub use words::{containing, words};
