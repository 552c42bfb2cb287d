// Included before zstd's own sources (script/wasm-env): leaves out of the worker's decoder what no chunk needs.

// The formats before zstd 1.0, which nothing here has ever been written in. icechunk-format switches them on.
#undef ZSTD_LEGACY_SUPPORT
#define ZSTD_LEGACY_SUPPORT 0

// A second copy of the sequence decoder, which looks ahead in windows beyond the processor's cache (16 MB).
#define ZSTD_FORCE_DECOMPRESS_SEQUENCES_SHORT
