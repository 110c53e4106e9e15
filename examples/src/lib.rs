//! The examples are the programs next to this folder; there is nothing here to use.
