//! The text of shaders as it goes into the page: without comments and indentation, which a visitor
//! would download and the driver would skip.

/// The text of a file in `shaders/`, stripped by the compiler.
macro_rules! shader {
    ($file:literal) => {{
        const TEXT: &str = include_str!(concat!("shaders/", $file));
        const LENGTH: usize = $crate::render::source::stripped::<0>(TEXT).1;
        const SOURCE: [u8; LENGTH] = $crate::render::source::stripped(TEXT).0;
        const STRIPPED: &str = match str::from_utf8(&SOURCE) {
            Ok(text) => text,
            Err(_) => panic!("a shader is not UTF-8"),
        };
        STRIPPED
    }};
}
pub(super) use shader;

/// The first `N` bytes of a text without its comments, indentation and empty lines, and how many bytes there are in
/// all.
pub(in crate::render) const fn stripped<const N: usize>(text: &str) -> ([u8; N], usize) {
    let text = text.as_bytes();
    let (mut kept, mut length, mut at) = ([0; N], 0, 0);
    let mut line_begins = true;
    while at < text.len() {
        if text[at] == b'/' && at + 1 < text.len() && text[at + 1] == b'/' {
            while at < text.len() && text[at] != b'\n' {
                at += 1;
            }
        } else {
            if !(line_begins && text[at].is_ascii_whitespace()) {
                if length < N {
                    kept[length] = text[at];
                }
                length += 1;
                line_begins = text[at] == b'\n';
            }
            at += 1;
        }
    }
    (kept, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_indentation_and_empty_lines_are_left_out() {
        const TEXT: &str =
            "// What it is.\n#define A 1\n\n  int a = 4 / 2; // two\n    // three\n\treturn a;";
        const LENGTH: usize = stripped::<0>(TEXT).1;
        let (kept, length) = stripped::<LENGTH>(TEXT);
        assert_eq!(str::from_utf8(&kept), Ok("#define A 1\nint a = 4 / 2; \nreturn a;"));
        assert_eq!(length, LENGTH);
    }

    #[test]
    fn a_shader_keeps_its_code() {
        let text = shader!("data.frag");
        assert!(text.starts_with("uniform sampler2D palette;\n"), "{text}");
        assert!(text.ends_with("}\n") && !text.contains("//"), "{text}");
    }
}
