//! Where virtual chunks lie, as the repository's configuration says: containers, each with a prefix of locations, and
//! perhaps a name by which locations call it (`vcc://NAME/PATH`).

use super::flexbuffer::Value;

/// A place of virtual chunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// By which locations call it.
    pub name: Option<String>,
    /// How the locations begin that lie in it.
    pub prefix: String,
    /// What kind of storage it is.
    pub storage: Storage,
}

/// A kind of storage, with what a visitor has to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// S3, or what speaks its protocol.
    S3 {
        /// Where its buckets are, if not at Amazon's.
        endpoint: Option<String>,
        /// The region of Amazon's that the bucket is in.
        region: Option<String>,
    },
    /// Azure: the account that the container belongs to.
    Azure {
        /// Its name.
        account: Option<String>,
    },
    /// Anything else: the location tells all.
    Plain,
}

/// The containers of a configuration; none where it does not read as one.
pub(super) fn read(config: &[u8]) -> Vec<Container> {
    let containers = Value::root(config).and_then(|root| root.get("virtual_chunk_containers"));
    let containers = containers.into_iter().flat_map(Value::members);
    containers.filter_map(|(_, container)| read_one(container)).collect()
}

fn read_one(container: Value<'_>) -> Option<Container> {
    let text = |value: Value<'_>, key: &str| {
        value.get(key).and_then(Value::text).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let (kind, options) = container.get("store")?.members().next().unzip();
    let option = |key: &str| options.and_then(|options| text(options, key));
    let storage = match kind {
        Some("s3" | "s3_compatible") => {
            Storage::S3 { endpoint: option("endpoint_url"), region: option("region") }
        }
        Some("tigris") => {
            let own = || Some("https://t3.storage.dev".to_owned());
            Storage::S3 { endpoint: option("endpoint_url").or_else(own), region: None }
        }
        Some("azure") => Storage::Azure { account: option("account") },
        _ => Storage::Plain,
    };
    Some(Container {
        name: text(container, "name"),
        prefix: text(container, "url_prefix")?,
        storage,
    })
}
