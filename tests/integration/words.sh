#!/bin/sh
# TAP: every command, verb and option that --help names is in the manual page,
# where its command is described, and is completed; and what the completion
# offers is understood.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tap.sh
page=man/edgetape.8
edgetape=$(readlink -f "$edgetape")

# look COMMAND - $tmp/help, the part of the page that describes it, what is
# completed behind it.
look() {
	"$edgetape" "$1" --help >"$tmp/help"
	awk -v c="$1" '/^\.(It|El|Sh)/ { on = 0 }
		/^\.It Cm/ && $3 == c { on = 1 } on' "$page" >"$tmp/part"
	# The options of replay are a list of their own.
	[ "$1" != replay ] || sed -n '/^\.Cm replay :/,/^\.El/p' "$page" \
		>>"$tmp/part"
	offered "$1" >"$tmp/offered"
}
verbs() {
	awk '/^Verbs:/ { on = 1; next } /^Help Options/ { on = 0 }
		on && /^  [a-z]/ { print $1 }' "$tmp/help"
}
options() {
	sed -n 's/^ *\(-[a-z], \)\{0,1\}--\([a-z-]*\).*/\2/p' "$tmp/help" |
		grep -vx help
}

mentions_option() { # FILE OPTION
	grep -qE -- "^\.(.* )?Fl Fl $2( |\$)" "$1"
}
verb_is_described() {
	grep -qE -- "^\.(Cm|It) (.*[ ,])?$1( |,|\$)" "$tmp/part"
}
# What many have is described once.
option_is_described() {
	mentions_option "$tmp/part" "$1" && return
	case $1 in
	config | json | csv | reason | verbose) mentions_option "$page" "$1" ;;
	*) return 1 ;;
	esac
}

cat >"$tmp/complete" <<END2
edgetape() { "$edgetape" "\$@"; }
. packaging/edgetape.bash
COMP_WORDS=(edgetape \$@ '') COMP_CWORD=\$((\$# + 1))
_edgetape edgetape
printf '%s\n' "\${COMPREPLY[@]}"
END2
offered() { # COMMAND... - what may come behind it
	bash "$tmp/complete" "$@"
}

# every WHAT LIST COMMAND... - the command holds for each word of the list.
every() {
	what=$1 bad=
	list=$2
	shift 2
	for word in $list; do
		"$@" "$word" || bad="$bad $word"
	done
	[ -z "$bad" ]
	result $? "$what"
	[ -z "$bad" ] || echo "# not so:$bad"
}
is_offered() {
	grep -qxF -- "$1" "$tmp/offered"
}
is_option_offered() {
	is_offered "--$1"
}
is_on_page() {
	grep -qE "^\.(It|Cm|Nm) (Cm )?(.* )?$1( |\$)" "$page"
}
# The help says what it is; whoever asks for it wrongly is told.
is_understood() { # COMMAND
	"$edgetape" "$1" --help >/dev/null 2>&1
}

commands=$("$edgetape" --help | awk '/^  [a-z]/ { print $1 }')
[ "$(echo "$commands" | wc -w)" -ge 20 ]
result $? "there are commands"
every 'each has an entry in the manual page' "$commands" is_on_page
offered >"$tmp/offered"
every 'each is completed' "$commands" is_offered
every 'what is completed is a command' \
	"$(grep -v '^-' "$tmp/offered")" is_understood
for c in $commands; do
	look "$c"
	every "$c: its verbs are described" "$(verbs)" verb_is_described
	every "$c: its options are described" "$(options)" option_is_described
	every "$c: its verbs are completed" "$(verbs)" is_offered
	every "$c: its options are completed" "$(options)" is_option_offered
done
finish
