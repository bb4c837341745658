//! The Lua formatter, pinned, so that every machine formats alike.

use super::npm::Pinned;

/// StyLua's native platform package.
pub const STYLUA: Pinned = Pinned {
    package: "@johnnymorganz/stylua-bin",
    version: "2.5.2",
    file: "stylua",
    platforms: &[
        (
            "linux-x64",
            "e4d7f380dde59e582615c3c29a19721ebef2dd1a3ac263cd058ce35452c92aa26dc0c3e04a028acdf4fddecdab917fd064a22565e94bb50ede1d50e650b7a04a",
        ),
        (
            "linux-arm64",
            "cdf7e3068310a733f50279e156b83593ff3336b23d553290fe189efdb683df2e6680e1dee3f609df7ba8d1d65e23eb9902ee6075a9e6bcce5f42d3f19c673ac5",
        ),
    ],
};
