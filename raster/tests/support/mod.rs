//! What several integration tests need: files written for the purpose, in memory.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

pub mod cog;
pub mod python;
pub mod reducing;
