/*
 * Does what an eBPF agent does first: creates a map and loads a program. Writes the result of each call into the file that is
 * its argument. The file must exist, because a domain may be allowed to write files but not to create them. With a second argument
 * it keeps running, as an agent does.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int make_map(void)
{
	union bpf_attr attr;
	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(int);
	attr.value_size = sizeof(long);
	attr.max_entries = 1;
	return bpf(BPF_MAP_CREATE, &attr);
}

static int load_program(void)
{
	static const struct bpf_insn return_0[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (__u64)(unsigned long)return_0;
	attr.insn_cnt = 2;
	attr.license = (__u64)(unsigned long)"MIT";
	return bpf(BPF_PROG_LOAD, &attr);
}

static int say(const char *name, int result, const char *end)
{
	int refused = result < 0;
	printf("%s %s%s", name, refused ? strerrorname_np(errno) : "ok", end);
	return refused;
}

int main(int argc, char **argv)
{
	if (argc < 2 || !freopen(argv[1], "r+", stdout))
		return 2;
	int refused = say("map_create", make_map(), ", ");
	refused |= say("prog_load", load_program(), "\n");
	if (argc > 2) {
		fflush(stdout);
		for (;;)
			pause();
	}
	return refused;
}
