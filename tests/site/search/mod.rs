//! Searching: what can be typed, and what is found.
mod plans;

use crate::support::Site;

use plans::{every_way_to_search_finds_the_same, the_best_matches_come_first_whichever_way_they_are_found};

on_both!(every_way_to_search_finds_the_same, the_best_matches_come_first_whichever_way_they_are_found);
