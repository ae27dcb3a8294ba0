# conf.sh - configurations, certificates and an officer at the terminal, for the
# shell tests. Sourced after tap.sh.
# shellcheck shell=sh disable=SC2154 # $tmp is tap.sh's

# conf_kept DIR - all that is kept is below DIR.
conf_kept() {
	cat <<END
[edgetape]
spool=$1/spool
recordings=$1/recordings
catalog=$1/catalog/catalog.db
END
}

# conf_roles DIR - for all roles, on the loopback interface, with the keys
# $tmp/r.* and the certificate $tmp/tap.pem of $tmp/ca.pem.
conf_roles() {
	conf_kept "$1"
	cat <<END
run=$tmp/run
public-key=$tmp/r.pub
private-key=$tmp/r.key
[tap]
listen=127.0.0.1:0
certificate=$tmp/tap.pem
key=$tmp/tap.key
ca=$tmp/ca.pem
peers=fe.test
[capture]
interfaces=lo
END
}

# certificate DAYS - a new tap.key and tap.pem in $tmp.
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$tmp/tap.key" -out "$tmp/tap.pem" -days "$1" \
		-subj /CN=tap -addext subjectAltName=DNS:tap.test 2>/dev/null
}

# With $tmp/conf.
officer() {
	"$edgetape" "$@" -c "$tmp/conf"
}
