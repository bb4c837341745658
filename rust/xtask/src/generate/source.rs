//! Types as Rust source declares them, in the few forms that travel between program and plugin. Anything else is an
//! error, so that nothing is described wrongly.

use super::read;
use std::collections::BTreeMap;
use syn::{Attribute, Fields, Item, Type, punctuated::Punctuated, token::Comma};

/// A closed set of words: an enum without data.
pub struct Words {
    pub name: String,
    pub doc: String,
    pub words: Vec<String>,
}

/// A table with fields: a struct.
pub struct Shape {
    pub name: String,
    pub doc: String,
    pub fields: Vec<Field>,
}

/// One field of a shape.
pub struct Field {
    pub name: String,
    pub doc: String,
    pub kind: Kind,
    /// An `Option`.
    pub is_optional: bool,
    /// What a client leaves out has a default.
    pub has_default: bool,
}

/// The type of a value.
#[derive(Clone)]
pub enum Kind {
    Plain(&'static str),
    Named(String),
    List(Box<Kind>),
}

impl Kind {
    /// As a shape spells it.
    pub fn spelled(&self) -> String {
        match self {
            Kind::Plain(name) => (*name).to_owned(),
            Kind::Named(name) => name.clone(),
            Kind::List(item) => format!("{}[]", item.spelled()),
        }
    }

    /// The type that is declared elsewhere, if one is.
    fn named(&self) -> Option<&str> {
        match self {
            Kind::Plain(_) => None,
            Kind::Named(name) => Some(name),
            Kind::List(item) => item.named(),
        }
    }

    /// As an annotation spells it.
    pub fn annotation(&self) -> String {
        match self {
            Kind::Plain("map") => "table<string,string>".to_owned(),
            Kind::Plain(name) => (*name).to_owned(),
            Kind::Named(name) => format!("chorus.{name}"),
            Kind::List(item) => format!("{}[]", item.annotation()),
        }
    }
}

/// A variant of an enum whose variants each carry one type.
pub struct Variant {
    pub name: String,
    pub doc: String,
    pub carries: String,
}

/// Everything that some files declare.
#[derive(Default)]
pub struct Source {
    pub words: Vec<Words>,
    pub shapes: Vec<Shape>,
    enums: BTreeMap<String, Vec<Variant>>,
    integers: BTreeMap<String, u64>,
    aliases: BTreeMap<String, Kind>,
}

impl Source {
    /// Reads the files in order; a type may use those before it and after it.
    pub fn read(paths: &[&str]) -> Result<Source, String> {
        let mut source = Source::default();
        let mut items = Vec::new();
        for path in paths {
            let file = syn::parse_file(&read(path)?).map_err(|error| format!("cannot parse {path}: {error}"))?;
            items.extend(file.items);
        }
        for item in &items {
            source.take_alias(item)?;
        }
        for item in items {
            source.take(item)?;
        }
        source.refuse_unknown_types()?;
        Ok(source)
    }

    /// A type that no file declares would be described by a name that means nothing.
    fn refuse_unknown_types(&self) -> Result<(), String> {
        let is_known = |name: &str| {
            self.shapes.iter().any(|shape| shape.name == name) || self.words.iter().any(|words| words.name == name)
        };
        for shape in &self.shapes {
            for field in &shape.fields {
                if let Some(name) = field.kind.named().filter(|name| !is_known(name)) {
                    return Err(format!("{}.{}: no file that is read declares `{name}`", shape.name, field.name));
                }
            }
        }
        Ok(())
    }

    /// The value of a constant.
    pub fn integer(&self, name: &str) -> Result<u64, String> {
        self.integers.get(name).copied().ok_or_else(|| format!("there is no constant {name}"))
    }

    /// The variants of an enum with data.
    pub fn variants(&self, name: &str) -> Result<&[Variant], String> {
        self.enums.get(name).map(Vec::as_slice).ok_or_else(|| format!("there is no enum {name}"))
    }

    /// Names that stand for another type.
    fn take_alias(&mut self, item: &Item) -> Result<(), String> {
        match item {
            Item::Type(alias) => {
                let kind = self.kind(&alias.ty)?;
                self.aliases.insert(alias.ident.to_string(), kind);
            }
            Item::Struct(newtype) if is_sent(&newtype.attrs) => {
                if let Fields::Unnamed(fields) = &newtype.fields {
                    let inner = fields.unnamed.first().ok_or_else(|| format!("{} is empty", newtype.ident))?;
                    let kind = self.kind(&inner.ty)?;
                    self.aliases.insert(newtype.ident.to_string(), kind);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn take(&mut self, item: Item) -> Result<(), String> {
        match item {
            Item::Const(constant) => {
                if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(value), .. }) = *constant.expr {
                    self.integers.extend(value.base10_parse().ok().map(|value| (constant.ident.to_string(), value)));
                }
            }
            Item::Struct(shape) if is_sent(&shape.attrs) => {
                let Fields::Named(fields) = &shape.fields else { return Ok(()) };
                let name = shape.ident.to_string();
                known_attributes(&name, &shape.attrs, &["deny_unknown_fields", "default"])?;
                let all_default = serde(&shape.attrs).iter().any(|word| word == "default");
                let fields = fields.named.iter().map(|field| self.field(&name, field, all_default));
                let fields = fields.collect::<Result<_, _>>()?;
                self.shapes.push(Shape { name, doc: doc(&shape.attrs), fields });
            }
            Item::Enum(choice) if is_sent(&choice.attrs) => {
                let name = choice.ident.to_string();
                let carried: Option<Vec<Variant>> = choice.variants.iter().map(variant).collect();
                if choice.variants.iter().all(|variant| matches!(variant.fields, Fields::Unit)) {
                    known_attributes(&name, &choice.attrs, &["rename_all"])?;
                    let words = choice.variants.iter().map(|variant| snake(&variant.ident.to_string())).collect();
                    self.words.push(Words { name, doc: doc(&choice.attrs), words });
                } else {
                    self.enums.extend(carried.map(|variants| (name, variants)));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn field(&self, shape: &str, field: &syn::Field, all_default: bool) -> Result<Field, String> {
        let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
        let place = format!("{shape}.{name}");
        known_attributes(&place, &field.attrs, &["default"])?;
        let inner = generic(&field.ty, "Option");
        let kind = self.kind(inner.unwrap_or(&field.ty)).map_err(|why| format!("{place}: {why}"))?;
        let has_default = all_default || !serde(&field.attrs).is_empty();
        Ok(Field { name, doc: doc(&field.attrs), kind, is_optional: inner.is_some(), has_default })
    }

    fn kind(&self, ty: &Type) -> Result<Kind, String> {
        if let Some(item) = generic(ty, "Vec") {
            return Ok(Kind::List(Box::new(self.kind(item)?)));
        } else if let Some(inner) = generic(ty, "Box") {
            return self.kind(inner);
        } else if let Type::Reference(reference) = ty {
            return self.kind(&reference.elem);
        }
        let name = last(ty).ok_or("a type of this form is not understood")?.ident.to_string();
        Ok(match name.as_str() {
            "String" | "str" => Kind::Plain("string"),
            "bool" => Kind::Plain("boolean"),
            "i32" | "i64" | "u32" | "u64" | "usize" => Kind::Plain("integer"),
            "Value" => Kind::Plain("any"),
            "BTreeMap" => Kind::Plain("map"),
            _ => self.aliases.get(&name).cloned().unwrap_or(Kind::Named(name)),
        })
    }
}

/// `TaskNew` → `task_new`.
pub fn snake(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

fn variant(variant: &syn::Variant) -> Option<Variant> {
    let Fields::Unnamed(fields) = &variant.fields else { return None };
    let ty = &fields.unnamed.first()?.ty;
    let carries = last(generic(ty, "Box").unwrap_or(ty))?.ident.to_string();
    Some(Variant { name: snake(&variant.ident.to_string()), doc: doc(&variant.attrs), carries })
}

fn last(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The `T` of `Option<T>` and the like.
fn generic<'a>(ty: &'a Type, of: &str) -> Option<&'a Type> {
    let segment = last(ty).filter(|segment| segment.ident == of)?;
    match &segment.arguments {
        syn::PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            syn::GenericArgument::Type(inner) => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

/// Whether it derives `Serialize`.
fn is_sent(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("derive")).any(|attribute| {
        let derived = attribute.parse_args_with(Punctuated::<syn::Path, Comma>::parse_terminated);
        derived.is_ok_and(|derived| derived.iter().any(|path| path.is_ident("Serialize")))
    })
}

/// The names in `#[serde(…)]`.
fn serde(attributes: &[Attribute]) -> Vec<String> {
    let of_serde = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
    let metas = of_serde
        .filter_map(|attribute| attribute.parse_args_with(Punctuated::<syn::Meta, Comma>::parse_terminated).ok());
    metas.flatten().filter_map(|meta| meta.path().get_ident().map(ToString::to_string)).collect()
}

/// Fails on an attribute that changes how a type travels in a way that is not understood here.
fn known_attributes(place: &str, attributes: &[Attribute], known: &[&str]) -> Result<(), String> {
    match serde(attributes).into_iter().find(|name| !known.contains(&name.as_str())) {
        Some(other) => Err(format!("{place}: `#[serde({other})]` is not understood by `cargo xtask generate`")),
        None => Ok(()),
    }
}

/// The documentation as one line, its links as plain names.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(syn::MetaNameValue { path, value: syn::Expr::Lit(literal), .. })
            if path.is_ident("doc") =>
        {
            match &literal.lit {
                syn::Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            }
        }
        _ => None,
    });
    let text = lines.collect::<Vec<_>>().join(" ");
    let mut plain = String::new();
    for (index, part) in text.split("[`").enumerate() {
        match part.split_once("`]").filter(|_| index > 0) {
            Some((link, after)) => plain += &format!("`{}`{after}", link.rsplit("::").next().unwrap_or(link)),
            None => plain += part,
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_they_travel() {
        assert_eq!(snake("TaskNew"), "task_new");
        assert_eq!(snake("Line"), "line");
    }

    #[test]
    fn links_become_plain_names() {
        let item: syn::ItemStruct =
            syn::parse_quote! { /** Absent in lists, present in [`crate::contract::Page`]. */ struct S; };
        assert_eq!(doc(&item.attrs), "Absent in lists, present in `Page`.");
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        let mut source = Source::default();
        let item = syn::parse_quote! { #[derive(Serialize)] struct S { #[serde(rename = "b")] a: String } };
        assert_eq!(
            source.take(item).unwrap_err(),
            "S.a: `#[serde(rename)]` is not understood by `cargo xtask generate`"
        );
    }
}
