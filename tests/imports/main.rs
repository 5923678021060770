//! Files taken in and written out by the program itself, on SQLite and, where `STOCKROOM_TEST_POSTGRES` names a
//! server, on PostgreSQL.
mod beside; // others save meanwhile
mod exports; // what is written out comes in again
mod files; // formats, lines, columns
mod real; // files from elsewhere
mod rows; // what becomes of the rows
mod shop; // a database of its own
