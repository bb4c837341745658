//! What a section of the file is: a struct whose fields are its keys.

use super::file::ConfigurationFile;
use super::value::Wrong;
use toml::Spanned;
use toml::de::DeValue;

/// Who may set a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyReach {
    /// Any file.
    Free,
    /// The user's file only: it runs commands, widens permissions or changes paths.
    Guarded,
    /// The environment only.
    Environment,
}

/// A key of a section.
#[derive(Clone, Copy, Debug)]
pub struct SectionKey {
    /// Its name, without the section's.
    pub name: &'static str,
    /// Who may set it.
    pub reach: KeyReach,
}

/// Fields by name; made by [`section!`].
pub trait Section {
    /// In the order they are declared.
    fn keys(&self) -> &'static [SectionKey];
    /// Reads a value into the field. Does nothing for a key that is not its own.
    fn set(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        page: &ConfigurationFile<'_>,
    ) -> Result<Vec<Wrong>, Wrong>;
    /// The field as TOML.
    fn show(&self, key: &str) -> String;
}

/// Declares a section: for each key its doc, reach, type, default and, after `=>`, a check of values read.
macro_rules! section {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$key_doc:meta])* $reach:ident $key:ident: $type:ty = $default:expr $(=> $check:expr)?;)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[$key_doc])* pub $key: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                $name { $($key: $default,)* }
            }
        }

        impl $crate::config::section::Section for $name {
            fn keys(&self) -> &'static [$crate::config::section::SectionKey] {
                use $crate::config::section::{SectionKey, KeyReach};
                &[$(SectionKey { name: stringify!($key), reach: KeyReach::$reach }),*]
            }

            fn set(
                &mut self,
                key: &str,
                given: &toml::Spanned<toml::de::DeValue<'_>>,
                page: &$crate::config::file::ConfigurationFile<'_>,
            ) -> Result<Vec<$crate::config::value::Wrong>, $crate::config::value::Wrong> {
                use $crate::config::value::Value;
                let mut remarks = Vec::new();
                match key {
                    $(stringify!($key) => {
                        let value = <$type as Value>::read(given, page, &mut remarks)?;
                        $($check(&value).map_err(|why: String| $crate::config::value::Wrong { at: given.span().start, why })?;)?
                        self.$key = value;
                    })*
                    _ => {}
                }
                Ok(remarks)
            }

            fn show(&self, key: &str) -> String {
                match key {
                    $(stringify!($key) => $crate::config::value::Value::show(&self.$key),)*
                    _ => String::new(),
                }
            }
        }
    };
}
pub(super) use section;
