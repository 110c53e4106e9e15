//! The examples are the programs beside this folder; there is nothing here to use.
