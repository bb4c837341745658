#!/bin/sh
# get-npm.sh - Debian's npm and node under a private prefix, for a machine without.
#
#   get-npm.sh PREFIX
#
# leaves PREFIX/npm, a script that takes npm's arguments. Packages, signatures,
# and environment as in get-tool.sh beside this file.
#
# Debian's libnode opens a few of its own modules at the absolute path
# /usr/share/nodejs/. The prefix's copy opens them relative to the working folder
# instead (a path of the same length, so that nothing in the file moves), and the
# script starts node in PREFIX.
set -eu
[ $# -eq 1 ] || { sed -n '2,7p' "$0" >&2; exit 2; }
prefix=$1
here=$(cd "$(dirname "$0")" && pwd)

"$here/get-tool.sh" bookworm "$prefix" nodejs npm
for library in "$prefix"/usr/lib/*/libnode.so.*; do
	LC_ALL=C sed -i 's#/usr/share/nodejs/#usr/share/nodejs//#g' "$library"
done

# The private openssl looks for certificates where only Debian's openssl package puts a link.
cat > "$prefix/npm.new" <<-EOF
	#!/bin/sh
	cd '$prefix' || exit 1
	[ -n "\${SSL_CERT_FILE:-}" ] || [ ! -f /etc/ssl/certs/ca-certificates.crt ] ||
		export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
	NODE_PATH='$prefix/usr/share/nodejs' exec bin/node usr/share/nodejs/npm/bin/npm-cli.js "\$@"
EOF
chmod +x "$prefix/npm.new"
"$prefix/npm.new" --version > /dev/null || { echo "get-npm: npm does not run from $prefix" >&2; exit 1; }
mv "$prefix/npm.new" "$prefix/npm"
