/* A libselinux whose kernel is the environment. It has exactly the functions that asking needs: all of them are in libselinux
 * 2.5, and one more would keep the test program from starting. What is asked is written to standard error. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

struct decision { unsigned allowed, decided, audit_allow, audit_deny, sequence, flags; };

static const char *value(const char *name)
{
	const char *found = getenv(name);
	return found ? found : "";
}

static int give(const char *name, int error, char **out)
{
	if (!*value(name)) {
		errno = error;
		return -1;
	}
	*out = strdup(value(name));
	return (int)strlen(*out) + 1;
}

static int refuse(void) { abort(); }

int security_getenforce(void) { return atoi(value("MODE")); }
int is_selinux_enabled(void) { return 1; }
int security_deny_unknown(void) { return atoi(value("DENY_UNKNOWN")); }
void freecon(char *context) { free(context); }
int getcon_raw(char **out) { return give("OWN", EACCES, out) < 0 ? -1 : 0; }
int getpidcon_raw(pid_t pid, char **out) { return pid != 1 || give("INIT", EACCES, out) < 0 ? -1 : 0; }
int getfilecon_raw(const char *path, char **out)
{
	fprintf(stderr, "label of %s\n", path);
	return give("LABEL", ENOENT, out);
}

int security_canonicalize_context_raw(const char *context, char **out)
{
	fprintf(stderr, "is %s\n", context);
	return give("CANONICAL", *value("DENIED") ? EACCES : EINVAL, out) < 0 ? -1 : 0;
}

unsigned short string_to_security_class(const char *name)
{
	if (!strcmp(name, "process"))
		return 2;
	return strcmp(name, value("CLASS")) ? 0 : 7;
}

unsigned string_to_av_perm(unsigned short class, const char *name)
{
	unsigned bit = 1;
	char *all = strdup(value("PERMISSIONS"));
	for (char *word = strtok(all, " "); word; word = strtok(NULL, " "), bit <<= 1)
		if (class == 7 && !strcmp(word, name))
			return bit;
	return 0;
}

int security_compute_av_flags_raw(const char *from, const char *to, unsigned short class, unsigned asked, struct decision *out)
{
	fprintf(stderr, "may %s %s %hu %u\n", from, to, class, asked);
	memset(out, 0, sizeof(*out));
	out->allowed = (unsigned)strtoul(value("ALLOWED"), NULL, 16);
	out->decided = ~0u;
	out->flags = (unsigned)atoi(value("FLAGS"));
	return 0;
}

int security_compute_create_name_raw(const char *from, const char *to, unsigned short class, const char *name, char **out)
{
	fprintf(stderr, "create %s %s %hu [%s]\n", from, to, class, name);
	return give("CREATED", EACCES, out) < 0 ? -1 : 0;
}

static int handle;
void *selabel_open(unsigned backend, const void *options, unsigned count) { return backend || options || count ? NULL : &handle; }
void selabel_close(void *it) { (void)it; }
int selabel_lookup_raw(void *it, char **out, const char *key, int kind)
{
	fprintf(stderr, "expected of %s %o\n", key, (unsigned)kind);
	return it != &handle || give("EXPECTED", ENOENT, out) < 0 ? -1 : 0;
}

/* Referred to by the same functions of the crate, never called with raw contexts. */
int getcon(char **out) { (void)out; return refuse(); }
int getpidcon(pid_t pid, char **out) { (void)pid; (void)out; return refuse(); }
int getfilecon(const char *path, char **out) { (void)path; (void)out; return refuse(); }
int lgetfilecon(const char *path, char **out) { (void)path; (void)out; return refuse(); }
int lgetfilecon_raw(const char *path, char **out) { (void)path; (void)out; return refuse(); }
int security_canonicalize_context(const char *context, char **out) { (void)context; (void)out; return refuse(); }
int security_compute_av_flags(void) { return refuse(); }
int security_compute_create_name(void) { return refuse(); }
int selabel_lookup(void) { return refuse(); }
