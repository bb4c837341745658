//! The filter: a program for the kernel's packet-filter machine that chooses by the call's number and, for opens, its
//! flags.

use super::calls::{CALLS, Call, WRITES};
use libc::sock_filter;
use std::mem::offset_of;

const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const ANY_BIT: u16 = (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as u16;
#[cfg(target_arch = "x86_64")]
const AT_LEAST: u16 = (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

/// `AUDIT_ARCH_*`: the machine's number in ELF, 64 bits, little-endian.
#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 62 | 0xC000_0000;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 183 | 0xC000_0000;

/// Calls of the x32 interface have this bit in their number.
#[cfg(target_arch = "x86_64")]
const X32: u32 = 0x4000_0000;

const NO_SUCH_CALL: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;

fn step(code: u16, k: u32, yes: u8, no: u8) -> sock_filter {
    sock_filter { code, jt: yes, jf: no, k }
}

fn answer(action: u32) -> sock_filter {
    step(RETURN, action, 0, 0)
}

/// The position of an argument's low half, which holds all of an `int`.
fn low_half(argument: usize) -> u32 {
    (offset_of!(libc::seccomp_data, args) + argument * size_of::<u64>()) as u32
}

/// The whole program.
pub fn program() -> Vec<sock_filter> {
    let mut steps = vec![
        step(LOAD, offset_of!(libc::seccomp_data, arch) as u32, 0, 0),
        // Calls of another architecture have other numbers.
        step(EQUAL, ARCHITECTURE, 1, 0),
        answer(libc::SECCOMP_RET_ALLOW),
        step(LOAD, offset_of!(libc::seccomp_data, nr) as u32, 0, 0),
    ];
    #[cfg(target_arch = "x86_64")]
    steps.extend([step(AT_LEAST, X32, 0, 1), answer(NO_SUCH_CALL)]);
    for (number, call) in CALLS {
        let number = *number as u32;
        match call {
            Call::Open { flags, .. } => steps.extend([
                step(EQUAL, number, 0, 4),
                step(LOAD, low_half(*flags), 0, 0),
                step(ANY_BIT, WRITES, 0, 1),
                answer(libc::SECCOMP_RET_USER_NOTIF),
                answer(libc::SECCOMP_RET_ALLOW),
            ]),
            _ => steps.extend([step(EQUAL, number, 0, 1), answer(libc::SECCOMP_RET_USER_NOTIF)]),
        }
    }
    // Opens through a ring would not be seen. Programs that use one fall back to calls.
    steps.extend([step(EQUAL, libc::SYS_io_uring_setup as u32, 0, 1), answer(NO_SUCH_CALL)]);
    steps.push(answer(libc::SECCOMP_RET_ALLOW));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel would do.
    fn run(data: &libc::seccomp_data) -> u32 {
        let program = program();
        let (mut at, mut loaded) = (0, 0u32);
        loop {
            let step = program[at];
            at += 1;
            let jump = |is: bool| usize::from(if is { step.jt } else { step.jf });
            match step.code {
                LOAD => {
                    loaded = match step.k as usize {
                        0 => data.nr as u32,
                        4 => data.arch,
                        k => data.args[(k - 16) / 8] as u32,
                    }
                }
                EQUAL => at += jump(loaded == step.k),
                ANY_BIT => at += jump(loaded & step.k != 0),
                RETURN => return step.k,
                _ => at += jump(loaded >= step.k),
            }
        }
    }

    fn call(number: libc::c_long, args: [u64; 6]) -> u32 {
        run(&libc::seccomp_data { nr: number as i32, arch: ARCHITECTURE, instruction_pointer: 0, args })
    }

    #[test]
    fn only_writes_stop() {
        let open = |flags: i32| call(libc::SYS_openat, [0, 0, flags as u64, 0, 0, 0]);
        assert_eq!(open(libc::O_RDONLY | libc::O_CLOEXEC | libc::O_DIRECTORY), libc::SECCOMP_RET_ALLOW);
        for flags in [libc::O_WRONLY, libc::O_RDWR, libc::O_CREAT, libc::O_TRUNC] {
            assert_eq!(open(flags), libc::SECCOMP_RET_USER_NOTIF);
        }
        for (number, _) in CALLS.iter().filter(|(_, call)| !matches!(call, Call::Open { .. })) {
            assert_eq!(call(*number, [0; 6]), libc::SECCOMP_RET_USER_NOTIF, "{number}");
        }
        for number in [libc::SYS_read, libc::SYS_write, libc::SYS_execve, libc::SYS_futex, libc::SYS_mkdirat] {
            assert_eq!(call(number, [u64::MAX; 6]), libc::SECCOMP_RET_ALLOW, "{number}");
        }
        assert_eq!(call(libc::SYS_io_uring_setup, [0; 6]), NO_SUCH_CALL);
    }

    #[test]
    fn another_architecture_has_other_numbers() {
        let data =
            libc::seccomp_data { nr: libc::SYS_unlinkat as i32, arch: 3, instruction_pointer: 0, args: [u64::MAX; 6] };
        assert_eq!(run(&data), libc::SECCOMP_RET_ALLOW);
    }
}
