#!/bin/sh
# Replaces hostprep from a DEB with a script that runs it and then leaves login.defs as useradd needs it.
program=/opt/cisco/hostprep/bin/hostprep
command -v dpkg-divert >/dev/null || exit 0
dpkg-divert --quiet --no-rename --divert "$program.real" "$program"
mkdir -p "${program%/*}"
cat >"$program" <<END
#!/bin/sh
status=0
[ ! -x $program.real ] || $program.real "\$@" || status=\$?
sed -i 's/^USERGROUPS_ENAB.*/USERGROUPS_ENAB yes/' /etc/login.defs
exit \$status
END
chmod 755 "$program"
restorecon -R /opt/cisco
