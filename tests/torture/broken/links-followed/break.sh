#!/bin/sh
# A link in the place of a file is followed.
sed -i '/^pub(crate) fn open_regular(/,/^}/{s/OFlag::O_NOFOLLOW | //;s/regular(fstatat(.*$//;s/SFlag::S_IFLNK => Err(Errno::ELOOP)/SFlag::S_IFLNK => Ok(())/}' host/src/dir.rs
