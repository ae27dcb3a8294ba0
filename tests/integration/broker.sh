#!/bin/sh
# broker.sh - the Front End's side of the contract, against a recorder that
# answers, is silent, late, wrong, and away.
cd "$(dirname "$0")/../.." || exit 1
if ! command -v openssl >/dev/null || [ ! -x /usr/bin/python3 ]; then
	echo 'ok 1 - the broker # SKIP openssl or python3 is not installed'
	echo 1..1
	exit
fi
exec env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/support/broker_check.py
