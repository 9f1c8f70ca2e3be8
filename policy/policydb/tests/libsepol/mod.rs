//! The decisions of libsepol (3.4 or later). It keeps one policy for the whole process.

#![allow(unsafe_code, reason = "libsepol has a C interface only")]

use std::ffi::{CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::sample::Oracle;

#[repr(C)]
#[derive(Default)]
struct Decision {
    allowed: u32,
    decided: u32,
    auditallow: u32,
    auditdeny: u32,
    seqno: u32,
}

// The libraries have no header for Rust; these are `sepol/policydb/services.h` and `stdio.h`.
#[link(name = "sepol")]
unsafe extern "C" {
    fn sepol_debug(on: c_int);
    fn sepol_set_policydb_from_file(file: *mut c_void) -> c_int;
    fn sepol_context_to_sid(context: *const c_char, length: usize, sid: *mut u32) -> c_int;
    fn sepol_string_to_security_class(name: *const c_char, class: *mut u16) -> c_int;
    fn sepol_compute_av(source: u32, target: u32, class: u16, requested: u32, decision: *mut Decision) -> c_int;
    fn fopen(path: *const c_char, mode: *const c_char) -> *mut c_void;
    fn fclose(file: *mut c_void) -> c_int;
}

/// The policy that libsepol has loaded.
pub struct Libsepol(());

impl Libsepol {
    pub fn load(path: &Path) -> Self {
        let path = CString::new(path.as_os_str().as_bytes()).unwrap();
        // SAFETY: both strings end with a zero byte; the file is open until it is closed below, once.
        let status = unsafe {
            sepol_debug(0);
            let file = fopen(path.as_ptr(), c"r".as_ptr());
            assert!(!file.is_null());
            let status = sepol_set_policydb_from_file(file);
            fclose(file);
            status
        };
        assert_eq!(status, 0, "libsepol refuses {path:?}");
        Self(())
    }
}

impl Oracle for Libsepol {
    /// The number of the context.
    type Context = u32;

    fn context(&self, text: &str) -> Option<u32> {
        let mut sid = 0;
        // SAFETY: the length is that of the string; `sid` is written to only.
        let status = unsafe { sepol_context_to_sid(text.as_ptr().cast(), text.len(), &raw mut sid) };
        (status == 0).then_some(sid)
    }

    fn class(&self, name: &str) -> Option<u16> {
        let name = CString::new(name).unwrap();
        let mut class = 0;
        // SAFETY: the name ends with a zero byte; `class` is written to only.
        let status = unsafe { sepol_string_to_security_class(name.as_ptr(), &raw mut class) };
        (status == 0).then_some(class)
    }

    fn decide(&self, source: &u32, target: &u32, class: u16) -> (u32, Option<bool>) {
        let mut decision = Decision::default();
        // SAFETY: `decision` has the layout of `struct sepol_av_decision`, and is written to only.
        let status = unsafe { sepol_compute_av(*source, *target, class, u32::MAX, &raw mut decision) };
        assert_eq!(status, 0);
        // libsepol does not say whether a domain is permissive.
        (decision.allowed, None)
    }
}
