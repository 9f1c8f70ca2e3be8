#!/bin/sh
# A link in the place of a file is followed.
sed -i '/^pub(crate) fn open_at(/,/^}/s/^    let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;$/    return openat(\&dir, name, flags | OFlag::O_CLOEXEC, mode);\n&/' host/src/fs/openat.rs
sed -i '/^pub(crate) fn open_regular(/,/^}/{s/regular(fstatat(.*$//;s/SFlag::S_IFLNK => Err(Errno::ELOOP)/SFlag::S_IFLNK => Ok(())/}' host/src/fs/dir.rs
