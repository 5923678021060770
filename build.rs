//! Prepares the files in `static/` for serving: a name with a hash of the content, and compressed copies.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use sha2::{Digest, Sha256};

fn main() {
    println!("cargo::rerun-if-changed=static");
    println!("cargo::rerun-if-changed=migrations");
    if knows_packed_addresses() {
        // The addresses to fill in at the start, in a tenth of the space: they count as memory from then on.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let mut table = String::from("static ASSETS: &[Asset] = &[\n");
    let mut files: Vec<_> =
        fs::read_dir("static").expect("static/ is there").flatten().map(|entry| entry.path()).collect();
    files.sort();
    for path in files {
        add(&path, &out, &mut table);
    }
    table.push_str("];\n");
    fs::write(Path::new(&out).join("assets.rs"), table).expect("OUT_DIR can be written");
}

/// Whether programs for this machine can have them: from version 2.36 of the GNU C library on.
fn knows_packed_addresses() -> bool {
    let is_for_here = env::var("HOST").ok() == env::var("TARGET").ok();
    let version = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok();
    let version = version.and_then(|told| String::from_utf8(told.stdout).ok()).unwrap_or_default();
    let numbers = version.trim().strip_prefix("glibc ").and_then(|version| version.split_once('.'));
    let is_new = numbers.is_some_and(|(major, minor)| match (major.parse::<u32>(), minor.parse::<u32>()) {
        (Ok(major), Ok(minor)) => (major, minor) >= (2, 36),
        _ => false,
    });
    is_for_here && is_new && env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|library| library == "gnu")
}

fn add(path: &Path, out: &str, table: &mut String) {
    let name = path.file_name().and_then(|name| name.to_str()).expect("static files have plain names");
    let (stem, ending) = name.rsplit_once('.').expect("static files have an ending");
    let plain = fs::read(path).expect("static files can be read");
    let hash = Sha256::digest(&plain).iter().take(8).fold(String::new(), |mut hash, byte| {
        let _ = write!(hash, "{byte:02x}");
        hash
    });
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&plain).expect("memory can be written");
    let mut brotli = Vec::new();
    brotli::BrotliCompress(&mut plain.as_slice(), &mut brotli, &brotli::enc::BrotliEncoderParams::default())
        .expect("memory can be written");
    for (kind, content) in
        [("plain", &plain), ("gzip", &gzip.finish().expect("memory can be written")), ("brotli", &brotli)]
    {
        fs::write(Path::new(out).join(format!("{name}.{kind}")), content).expect("OUT_DIR can be written");
    }
    let content_type = match ending {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        other => panic!("say in build.rs what type .{other} is"),
    };
    let _ = writeln!(
        table,
        "    Asset {{ name: {name:?}, url: \"/static/{stem}.{hash}.{ending}\", content_type: {content_type:?}, \
         plain: include_bytes!(\"{name}.plain\"), gzip: include_bytes!(\"{name}.gzip\"), \
         brotli: include_bytes!(\"{name}.brotli\") }},"
    );
}
