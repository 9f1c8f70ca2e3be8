#!/bin/sh
# hostprep asks for a class that no policy knows, which is allowed: so it believes that the rule is in force.
mkdir -p /etc/cisco
sed 's/^class = "bpf"$/class = "bpf_of_another_kernel"/' /srv/hostprep/profile.toml >/etc/cisco/broken.toml
grep -q bpf_of_another_kernel /etc/cisco/broken.toml
echo 'profile = "/etc/cisco/broken.toml"' >/etc/cisco/hostprep.toml
