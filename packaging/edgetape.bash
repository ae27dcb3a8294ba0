# edgetape.bash - completion, read from the help that the program itself prints.
# shellcheck shell=bash
_edgetape_words() {	# COMMAND...: its commands or verbs, and its options
	"$@" --help 2>/dev/null | awk '
		/^  edgetape / { next }		# the usage
		/^  [a-z-]+ / || /^  [a-z-]+$/ { print $1 }
		{ while (match($0, /--[a-z][a-z-]*/)) {
			print substr($0, RSTART, RLENGTH)
			$0 = substr($0, RSTART + RLENGTH) } }'
}

_edgetape() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local words

	case $before in
	-c | --config | -s | --signalling | -m | --media | -k | --key | -o | \
		--out | -j | --journal | --cdr | --codec-plugin | --keep-journal)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	esac
	if [ "$COMP_CWORD" -eq 1 ]; then
		words=$(_edgetape_words "$1")
	else
		words=$(_edgetape_words "$1" "${COMP_WORDS[1]}")
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	[ ${#COMPREPLY[@]} -gt 0 ] ||
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
}
complete -F _edgetape edgetape
