# Compares actual facts with expected ones. usage: awk -f judge.awk BOX EXPECTED… SEEN
# Each file has lines "NAME: VALUE". In EXPECTED, {WORD} is replaced by the value of WORD in BOX, and "*" matches any value.
# The value of "check" is a list of STEP=OUTCOME: the steps in EXPECTED must have these outcomes, and no other step may be a fault.
# Prints one row per fact, separated by tabs: "row", "right" or "wrong", NAME, expected value, actual value; "-" for none.
BEGIN { FS = ": "; last = ARGC - 1 }

function steps_match(expected, seen,    words, step, wanted, found, n, i, name) {
    n = split(expected, words, " ")
    for (i = 1; i <= n; i++) {
        split(words[i], step, "=")
        wanted[step[1]] = step[2]
    }
    n = split(seen, words, " ")
    for (i = 1; i <= n; i++) {
        split(words[i], step, "=")
        if (step[1] in wanted) {
            if (step[2] != wanted[step[1]]) return 0
            found[step[1]]
        } else if (step[2] == "fault") return 0
    }
    for (name in wanted) if (!(name in found)) return 0
    return n > 0
}

function matches(name, expected, seen) {
    if (expected == "*") return 1
    return name == "check" ? steps_match(expected, seen) : expected "" == seen ""
}

FNR == 1 { file++ }
{
    value = substr($0, length($1) + 3)
    gsub(/\t/, " ", value)
    if (value == "") value = "(empty)"
}
file == 1 { box[$1] = value; next }
FILENAME != ARGV[last] {
    for (word in box) {
        at = index(value, "{" word "}")
        if (at) value = substr(value, 1, at - 1) box[word] substr(value, at + length(word) + 2)
    }
    expected[$1] = value
}
FILENAME == ARGV[last] { seen[$1] = value }
!($1 in known) { known[$1]; names[++n] = $1 }
END {
    for (i = 1; i <= n; i++) {
        name = names[i]
        right = name in expected && name in seen && matches(name, expected[name], seen[name])
        print "row\t" (right ? "right" : "wrong") "\t" name "\t" (name in expected ? expected[name] : "-") "\t" \
            (name in seen ? seen[name] : "-")
    }
}
