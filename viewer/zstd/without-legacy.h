// Included before zstd's own sources (script/wasm-env): icechunk-format switches the decoders of formats
// before zstd 1.0 on, which nothing here has ever been written in.
#undef ZSTD_LEGACY_SUPPORT
#define ZSTD_LEGACY_SUPPORT 0
