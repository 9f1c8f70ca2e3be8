#!/bin/sh
# A spec that makes of a tree the package that an RPM already is: its header, its scripts, its file list.
# usage: spec.sh RPM ROOT
set -eu

rpm=$1
root=$2
query() {
    rpm -qp --nosignature --qf "$1" "$rpm"
}

query 'Name: %{NAME}
Version: %{VERSION}
Release: %{RELEASE}
Summary: %{SUMMARY}
License: %{LICENSE}
URL: %{URL}
Vendor: %{VENDOR}
Packager: %{PACKAGER}
Group: %{GROUP}
AutoReqProv: no
'
query '[%{REQUIRENAME} %{REQUIREFLAGS:depflags} %{REQUIREVERSION}\n]' |
    grep -vE '^(rpmlib|config)\(|^/bin/sh ' | sort -u | sed 's/^/Requires: /'
# The content is finished: nothing is stripped, compressed or checked once more.
cat <<END
%global debug_package %{nil}
%global __os_install_post %{nil}
%global _build_id_links none
%description
$(query '%{DESCRIPTION}')
%install
cp -a "$root"/. %{buildroot}/
END
for script in pre:PREIN post:POSTIN preun:PREUN postun:POSTUN posttrans:POSTTRANS; do
    echo "%${script%:*}"
    query "%{${script#*:}}" | sed 's/%/%%/g'
done
first=$(query '[%{TRIGGERSCRIPTS}\n\n%%%%END\n]' | sed '/^%%END/,$d' | sed 's/%/%%/g')
rpm -qp --nosignature --qf '[%{TRIGGERNAME}\n]' "$rpm" | while read -r name; do
    printf '%%triggerin -- %s\n%s\n' "$name" "$first"
done
echo '%files'
query '[%{FILEMODES:perms}|%{FILEFLAGS:fflags}|%{FILENAMES}\n]' | while IFS='|' read -r mode flags path; do
    case $mode in d*) kind='%dir ' ;; *) kind= ;; esac
    case $flags in
        *c*) kind='%config(noreplace) ' ;;
        *l*) kind='%license ' ;;
        *d*) kind='%doc ' ;;
    esac
    case $mode in l*) attributes='%attr(-,root,root)' ;; *x) attributes='%attr(0755,root,root)' ;; *) attributes='%attr(0644,root,root)' ;; esac
    printf '%s %s"%s"\n' "$attributes" "$kind" "$path"
done
