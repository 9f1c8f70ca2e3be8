//! The arguments of bpf(2), laid out as `union bpf_attr` of `linux/bpf.h`. Each field is set, so that no byte is left undefined; a
//! kernel that does not know the later fields accepts them as long as they are not passed.

use std::marker::PhantomData;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::libc;

use super::program::ProgramKind;

const BPF_MAP_CREATE: libc::c_long = 0;
const BPF_PROG_LOAD: libc::c_long = 5;
const BPF_MAP_TYPE_ARRAY: u32 = 2;

/// `r0 = 0; exit`: opcodes `BPF_ALU64 | BPF_MOV | BPF_K` and `BPF_JMP | BPF_EXIT`, each with registers, offset and operand 0.
const DOES_NOTHING: [[u8; 8]; 2] = [[0xb7, 0, 0, 0, 0, 0, 0, 0], [0x95, 0, 0, 0, 0, 0, 0, 0]];
/// The program's licence, which some kinds require to be compatible with the kernel's.
const LICENSE: &[u8; 13] = b"Dual MIT/GPL\0";

/// The arguments of a command.
pub(super) trait Attributes {
    const COMMAND: libc::c_long;
    /// Returns how many bytes of it the kernel is to read.
    fn length(&self) -> usize;
}

/// The arguments of `BPF_MAP_CREATE` that Linux 3.18 knows.
#[repr(C)]
pub(super) struct MapAttributes {
    map_type: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
}

impl MapAttributes {
    /// An array of one element, which every kernel with maps has.
    pub(super) fn array() -> Self {
        Self { map_type: BPF_MAP_TYPE_ARRAY, key_size: 4, value_size: 4, max_entries: 1 }
    }
}

impl Attributes for MapAttributes {
    const COMMAND: libc::c_long = BPF_MAP_CREATE;

    fn length(&self) -> usize {
        size_of::<Self>()
    }
}

/// The arguments of `BPF_PROG_LOAD`, up to what Linux 5.5 knows. Pointers are 64 bits wide everywhere.
#[repr(C)]
pub(super) struct ProgramAttributes<'log> {
    prog_type: u32,
    insn_cnt: u32,
    insns: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log_buf: u64,
    kern_version: u32,
    prog_flags: u32,
    prog_name: [u8; 16],
    prog_ifindex: u32,
    expected_attach_type: u32,
    prog_btf_fd: u32,
    func_info_rec_size: u32,
    func_info: u64,
    func_info_cnt: u32,
    line_info_rec_size: u32,
    line_info: u64,
    line_info_cnt: u32,
    attach_btf_id: u32,
    log: PhantomData<&'log mut [u8]>,
}

const FIRST_LENGTH: usize = std::mem::offset_of!(ProgramAttributes, prog_name);
const _: () = assert!(FIRST_LENGTH == 48 && std::mem::offset_of!(ProgramAttributes, expected_attach_type) == 68);
const _: () =
    assert!(std::mem::offset_of!(ProgramAttributes, attach_btf_id) == 108 && size_of::<ProgramAttributes>() == 112);

impl<'log> ProgramAttributes<'log> {
    /// A program of `kind` that does nothing, for a kernel of this version. The verifier writes to `log` unless it is empty.
    pub(super) fn of(kind: ProgramKind, kern_version: u32, log: &'log mut [u8]) -> Self {
        Self {
            prog_type: kind.number(),
            insn_cnt: 2,
            insns: address(DOES_NOTHING.as_ptr().cast()),
            license: address(LICENSE.as_ptr()),
            log_level: u32::from(!log.is_empty()),
            log_size: u32::try_from(log.len()).unwrap_or(u32::MAX),
            log_buf: if log.is_empty() { 0 } else { address(log.as_mut_ptr()) },
            kern_version,
            prog_flags: 0,
            prog_name: [0; 16],
            prog_ifindex: 0,
            expected_attach_type: kind.attach_type().unwrap_or(0),
            prog_btf_fd: 0,
            func_info_rec_size: 0,
            func_info: 0,
            func_info_cnt: 0,
            line_info_rec_size: 0,
            line_info: 0,
            line_info_cnt: 0,
            attach_btf_id: u32::from(kind.needs_target()),
            log: PhantomData,
        }
    }
}

impl Attributes for ProgramAttributes<'_> {
    const COMMAND: libc::c_long = BPF_PROG_LOAD;

    /// Kernels before 4.10 know no more than the first fields, and refuse what is longer and not zero.
    fn length(&self) -> usize {
        if self.attach_btf_id == 0 { FIRST_LENGTH } else { size_of::<Self>() }
    }
}

fn address(pointer: *const u8) -> u64 {
    pointer.expose_provenance() as u64
}

/// Calls bpf(2) and closes what it opened.
///
/// # Errors
/// The error number of the call.
#[expect(unsafe_code, reason = "neither the standard library nor nix has bpf(2)")]
pub(super) fn call<A: Attributes>(attributes: &mut A) -> Result<(), Errno> {
    let length = attributes.length();
    debug_assert!(length <= size_of::<A>());
    // SAFETY: the kernel reads `length` bytes of `attributes`, all of which are initialized. The addresses in it are those of
    // constants, and of the log that it borrows, each with its length.
    let answer = unsafe { libc::syscall(libc::SYS_bpf, A::COMMAND, std::ptr::from_mut(attributes), length) };
    let fd = RawFd::try_from(Errno::result(answer)?).map_err(|_| Errno::EBADF)?;
    // SAFETY: both commands return a new descriptor, which nothing else owns.
    drop(unsafe { OwnedFd::from_raw_fd(fd) });
    Ok(())
}
