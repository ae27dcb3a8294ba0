# officer.bash - what an officer finds out about the calls of a test. Sourced
# after calls.bash.
# shellcheck shell=bash

officer() {
	"$RIG_BUILD/app/edgetape" "$@" -c "$RIG/edgetape.conf"
}

# What the officer's commands made of the catalog.
catalog_version() {
	python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(db.execute("SELECT value FROM meta WHERE key = \"policy\"").fetchone()[0])
' "$RIG/catalog/catalog.db"
}

tap_decides_by() { # tap_decides_by VERSION
	grep -qx "catalog-version $1" "$RIG/run/tap.stats"
}

# What the officer said so far is in force.
in_force() {
	rig_await 20 'the rules' tap_decides_by "$(catalog_version)"
}

# newest USER - the ledger's line about the newest call with this user
newest() {
	officer calls --who "$1" --limit 1 --csv | tr -d '\r' | sed -n 2p
}

outcome() { # outcome USER - of the newest call
	newest "$1" | sed -n 's/^\([^,]*,\)\{5\}\([A-Z_]*\),.*/\2/p'
}

outcome_is() { # outcome_is USER OUTCOME
	[ "$(outcome "$1")" = "$2" ]
}

# show USER - all that the ledger has of the newest call
show() {
	officer calls show "$(newest "$1" | sed 's/.*,//')" --csv | tr -d '\r'
}

shown() { # shown USER PATTERN
	show "$1" | grep -qE -- "$2"
}

call_id() { # call_id USER - of the call in progress
	officer live --json | tr -d '\n' | grep -o '{[^}]*}' |
		grep "$1@" | sed -n 's/.*"call" : "\([^"]*\)".*/\1/p'
}

in_progress() { # in_progress USER
	[ -n "$(call_id "$1")" ]
}
