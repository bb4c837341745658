#!/bin/sh
# get-tool.sh - put a program from a NEWER Debian suite under a private prefix,
# without installing, upgrading or configuring anything on this system.
#
#   get-tool.sh SUITE PREFIX PACKAGE[=VERSION] [PACKAGE...]
#
#   get-tool.sh trixie  $PWD/nvim-0.10    neovim
#   get-tool.sh forky   $PWD/nvim-newest  neovim
#   get-tool.sh forky   $PWD/ttyd         ttyd
#
# How: apt with its own state, cache and sources, and an EMPTY dpkg status, so
# the dependency closure (libc and ld.so included) is complete and does not
# depend on what this machine has. apt checks the suite's signature against
# KEYRING and every .deb against the signed index. The .debs are unpacked, never
# configured: no maintainer script runs. Each ELF program asked for then gets
# the private ld.so as its interpreter and a DT_RPATH to the private libraries;
# no LD_LIBRARY_PATH is set, so child processes run with the host's libraries.
#
# Needs: apt-get, dpkg-deb, a Debian keyring. Not root. The prefix cannot be
# moved afterwards (interpreter and rpath are absolute): make it again instead.
#
# Environment: MIRROR   (the Debian mirror that this system's own apt sources name)
#              KEYRING  (/usr/share/keyrings/debian-archive-keyring.gpg)
#              APT_CACHE (a folder, one per suite, to keep .debs and indexes between runs)
#              MAX_AGE_DAYS (60: refuse a signed index older than this)
set -eu
umask 022

die() { echo "get-tool: $*" >&2; exit 1; }

[ $# -ge 3 ] || { sed -n '2,9p' "$0" >&2; exit 2; }
for need in apt-get dpkg-deb; do
	command -v "$need" > /dev/null || die "needs $need, which only Debian and its kin have"
done
suite=$1 prefix=$2
shift 2
mirror=${MIRROR:-$(sed -n 's/^URIs: *\([^ ]*\/debian\)\/\{0,1\}$/\1/p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\/debian\)\/\{0,1\} .*/\2/p' /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | head -n 1)}
[ -n "$mirror" ] || die "no Debian mirror in this system's apt sources: set MIRROR"
keyring=${KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
max_age=${MAX_AGE_DAYS:-60}
case $prefix in /*) ;; *) die "PREFIX must be an absolute path: $prefix" ;; esac
[ -r "$keyring" ] || die "no keyring at $keyring"
[ ! -e "$prefix" ] || [ -f "$prefix/.get-tool" ] || die "$prefix exists and was not made by get-tool"

work=$(mktemp -d)
stage=$prefix.new.$$
trap 'rm -rf "$work" "$stage"' EXIT
trap 'exit 1' HUP INT TERM
base=${APT_CACHE:-$work}
mkdir -p "$base/lists/partial" "$base/cache/archives/partial" "$base/state" "$stage"
: > "$work/status"

{
	echo "deb [signed-by=$keyring] $mirror $suite main"
	# Backports are not self-contained: their closure needs the base suite.
	case $suite in *-backports) echo "deb [signed-by=$keyring] $mirror ${suite%-backports} main" ;; esac
} > "$work/sources.list"

# Every name a private one; the system's own apt configuration is not read.
cat > "$work/apt.conf" <<-EOF_CONF
	Dir::Etc "$work/none";
	Dir::Etc::sourcelist "$work/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::parts "/dev/null";
	Dir::Etc::main "/dev/null";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	Dir::State "$base/state";
	Dir::State::lists "$base/lists";
	Dir::State::status "$work/status";
	Dir::Cache "$base/cache";
	Dir::Cache::pkgcache "";
	Dir::Cache::srcpkgcache "";
	Dir::Log "$work";
	APT::Sandbox::User "";
	APT::Install-Recommends "0";
	APT::Get::AllowUnauthenticated "0";
	Acquire::AllowInsecureRepositories "0";
	Acquire::Check-Valid-Until "0";
	Acquire::GzipIndexes "1";
	Acquire::Languages "none";
	Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
	Acquire::Retries "3";
	Debug::NoLocking "1";
EOF_CONF
export APT_CONFIG="$work/apt.conf" DEBIAN_FRONTEND=noninteractive LC_ALL=C

apt-get -qq update || die "cannot read $suite at $mirror"
# A suite's own Valid-Until is a week, which a lagging mirror passes with nothing
# wrong; the signed date is held to MAX_AGE_DAYS here instead.
for release in "$base"/lists/*_InRelease; do
	signed=$(sed -n 's/^Date: //p' "$release" | head -n 1)
	[ -n "$(sed -n 's/^Valid-Until: //p' "$release" | head -n 1)" ] || continue
	age=$((($(date +%s) - $(date -d "$signed" +%s)) / 86400))
	[ "$age" -le "$max_age" ] || die "$suite index is $age days old (MAX_AGE_DAYS=$max_age)"
done

target=
case $suite in *-backports) target="-t $suite" ;; esac
# patchelf comes from the same suite and runs under the private ld.so as well.
# shellcheck disable=SC2086
apt-get -qq -y $target --download-only install "$@" patchelf > "$work/log" 2>&1 ||
	{ cat "$work/log" >&2; die "cannot resolve or download: $*"; }
# Only this run's closure, not whatever else the cache folder holds.
# shellcheck disable=SC2086
apt-get -y $target --simulate install "$@" patchelf 2>/dev/null |
	sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) [^[]*\[\([^]]*\)\]).*/\1 \2 \3/p' | sort -u > "$work/closure"
[ -s "$work/closure" ] || die "empty closure"

count=0
while read -r name version arch; do
	file=$(printf '%s_%s_%s.deb' "$name" "$version" "$arch" | sed 's/:/%3a/g')
	[ -f "$base/cache/archives/$file" ] || die "apt did not leave $file"
	# Unpacked without dpkg's database; ownership is left to the caller's umask.
	dpkg-deb --fsys-tarfile "$base/cache/archives/$file" |
		tar -x --no-same-owner -C "$stage" --exclude='./usr/share/doc' --exclude='./usr/share/man' \
			--exclude='./usr/share/locale' --exclude='./usr/share/lintian' --exclude='./usr/share/bug'
	count=$((count + 1))
done < "$work/closure"

# Suites before trixie are not fully merged: /bin and /lib hold files too.
for d in bin sbin; do
	if [ -d "$stage/$d" ] && [ ! -L "$stage/$d" ]; then
		mkdir -p "$stage/usr/$d"
		cp -a "$stage/$d/." "$stage/usr/$d/"
		rm -rf "${stage:?}/$d"
	fi
done
[ -d "$stage/lib" ] || ln -s usr/lib "$stage/lib"
[ -e "$stage/lib64" ] || [ ! -d "$stage/usr/lib64" ] || ln -s usr/lib64 "$stage/lib64"

multi=$(for d in "$stage"/usr/lib/*-linux-gnu* "$stage"/lib/*-linux-gnu*; do [ -d "$d" ] && basename "$d"; done | sort -u | head -n 1)
[ -n "$multi" ] || die "no multiarch folder in the closure"
ldso=
for f in "$stage"/usr/lib64/ld-linux*.so.* "$stage"/lib64/ld-linux*.so.* \
	"$stage/usr/lib/$multi"/ld-linux*.so.* "$stage/lib/$multi"/ld-linux*.so.* "$stage"/usr/lib/ld-linux*.so.*; do
	# -f follows links; an absolute one would lead out to the host's ld.so.
	if [ -f "$f" ] && [ "$(readlink -f "$f" | cut -c1-${#stage})" = "$(readlink -f "$stage")" ]; then ldso=$f; break; fi
done
[ -n "$ldso" ] || die "no ld.so in the closure"
rel_ldso=${ldso#"$stage"/}
stage_libs=$stage/usr/lib/$multi:$stage/lib/$multi
rpath=$prefix/usr/lib/$multi:$prefix/lib/$multi

run_private() { "$ldso" --library-path "$stage_libs" "$@"; }
patch() { run_private "$stage/usr/bin/patchelf" "$@"; }

mkdir -p "$stage/bin"
for package in "$@"; do
	package=${package%%=*}
	deb=$(awk -v n="$package" '$1 == n { print $1 "_" $2 "_" $3 ".deb" }' "$work/closure" | sed 's/:/%3a/g' | head -n 1)
	[ -n "$deb" ] || die "$package is not in its own closure"
	dpkg-deb --fsys-tarfile "$base/cache/archives/$deb" | tar -t |
		sed -n 's#^\./\(\(usr/\)\{0,1\}s\{0,1\}bin/[^/]*[^/]\)$#\1#p' > "$work/programs"
	while read -r program; do
		f=$stage/$program
		[ -f "$f" ] && [ ! -L "$f" ] || continue
		if [ "$(head -c 4 "$f" | od -An -c | tr -d ' ')" = '177ELF' ]; then
			patch --set-interpreter "$prefix/$rel_ldso" --force-rpath --set-rpath "$rpath" "$f"
		fi
		ln -sf "../$program" "$stage/bin/$(basename "$program")"
		# libwebsockets (ttyd) opens its event loop by name at run time, from a fixed
		# system folder or LD_LIBRARY_PATH: give it a folder with that one file in it,
		# so that the variable, which children inherit, cannot change their libraries.
		if [ -f "$stage/usr/lib/$multi/libwebsockets-evlib_uv.so" ]; then
			mkdir -p "$stage/evlib"
			ln -sf "../usr/lib/$multi/libwebsockets-evlib_uv.so" "$stage/evlib/"
			rm -f "$stage/bin/$(basename "$program")"
			printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$prefix/evlib" "$prefix/$program" > "$stage/bin/$(basename "$program")"
			chmod +x "$stage/bin/$(basename "$program")"
		fi
	done < "$work/programs"
done

{
	echo "suite $suite"
	echo "packages $*"
	while read -r name version arch; do
		file=$(printf '%s_%s_%s.deb' "$name" "$version" "$arch" | sed 's/:/%3a/g')
		printf '%s  %s\n' "$(sha256sum < "$base/cache/archives/$file" | cut -d' ' -f1)" "$file"
	done < "$work/closure"
} > "$stage/.get-tool"
bytes=$(while read -r name version arch; do
	wc -c < "$base/cache/archives/$(printf '%s_%s_%s.deb' "$name" "$version" "$arch" | sed 's/:/%3a/g')"
done < "$work/closure" | awk '{ s += $1 } END { printf "%.1f", s / 1e6 }')
rm -rf "$prefix"
mv "$stage" "$prefix"
echo "get-tool: $prefix: $* from $suite ($count packages, $bytes MB)"
