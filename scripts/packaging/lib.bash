# The steps of scripts/build-vendor. Sourced, not run.
# shellcheck shell=bash disable=SC2154  # facts are set by read_facts, the rest by the script

# read_facts FILE: what the manifest says, as variables, and its plugins as $plugins, one a line.
read_facts() {
  local name rest
  plugins=''
  while IFS=$'\t' read -r name rest; do
    case $name in
      plugin) plugins+=$rest$'\n' ;;
      '') ;;
      name | program | version | core | vendor | contact | homepage | licence | signing_key | folder | resources | config | compiler)
        printf -v "$name" %s "$rest"
        ;;
      *) die "$1: there is no fact '$name'" ;;
    esac
  done <"$1"
}

# json TEXT: as a JSON string.
json() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "${text//$'\t'/ }"
}

digest() { sha256sum -- "$1" | cut -d ' ' -f 1; }

# digest_of_folder FOLDER: of the names and contents of all files below it that belong to the sources.
digest_of_folder() {
  (
    cd "$1" || exit 1
    { { ! git check-ignore -q . && git ls-files --cached --others --exclude-standard -z -- .; } 2>/dev/null ||
      find . -type f -printf '%P\0'; } |
      grep -zvE '(^|/)(build[^/]*|dist|\.git)/|(^|/)vendor\.lock\.json$|\.key$' | sort -z -u |
      while IFS= read -r -d '' file; do [[ ! -f $file ]] || printf '%s\0' "$file"; done | xargs -0 -r sha256sum --
  ) | sha256sum | cut -d ' ' -f 1
}

# Packages of this system that the build uses: their versions are inputs like any other.
system_packages() {
  local entry
  sed -n '/^build_packages=(/,/)/p' "$TRELLIS_ROOT/scripts/dev/install-deps" | sed 's/build_packages=(//;s/)//' |
    tr -s ' ' '\n' | grep . | while read -r entry; do
    dpkg-query -W -f='${Package}\t${Version}\n' "${entry%%:*}" 2>/dev/null || true
  done | sort -u
}

# write_lock FILE: digests of all that the results are made of.
write_lock() {
  local id plugin_version link licence_of path name of
  {
    printf '{\n  "manifest": %s,\n' "$(json "$(digest "$manifest")")"
    printf '  "trellis": %s,\n' "$(json "$(digest_of_folder "$TRELLIS_ROOT")")"
    printf '  "brand and keys": %s,\n' "$(json "$(digest "$build/sdk/brand/brand.cpp")")"
    printf '  "vendor": %s,\n' "$(json "$(digest_of_folder "$folder")")"
    while IFS=$'\t' read -r id plugin_version link licence_of path; do
      [[ $path == */* ]] || continue
      printf '  "plugin %s": %s,\n' "$id" "$(json "$(digest_of_folder "$folder/$path")")"
    done < <(printf %s "$plugins")
    printf '  "compiler": %s,\n' "$(json "$("$compiler" --version | head -n 1)")"
    while IFS=$'\t' read -r name of; do
      printf '  "package %s": %s,\n' "$name" "$(json "$of")"
    done < <(system_packages)
    printf '  "date": %s\n}\n' "$(json "$SOURCE_DATE_EPOCH")"
  } >"$1"
}

# keep_to_lock NEW LOCK: refuses inputs other than those of the lock.
keep_to_lock() {
  if [[ -f $2 ]] && ! $update_lock; then
    cmp -s "$1" "$2" && return
    diff <(grep ': ' "$2") <(grep ': ' "$1") | sed -n 's/^</locked:/p;s/^>/now:   /p' >&2
    die "inputs are not those of $2; --update-lock takes them as they are now"
  fi
  cp "$1" "$2"
}

# Every plugin is what the manifest says, in the version it says.
check_plugins() {
  local id plugin_version link rest listed
  listed=$("$build/bin/$program" plugin list) || die "the program does not load all of its plugins"
  while IFS=$'\t' read -r id plugin_version link rest; do
    awk -v id="$id" -v version="$plugin_version" '$1 == id { found = 1; if ($3 != version) { print id " is version " $3 \
      ", the manifest says " version; exit 1 } } END { if (!found) { print id " is not there"; exit 1 } }' <<<"$listed" >&2 ||
      die "the manifest and what was built differ"
  done < <(printf %s "$plugins")
}

sign_plugins() {
  local file
  for file in "$build/lib/$program/plugins"/*.so; do
    [[ ! -e $file ]] || "$build/bin/$program" plugin sign --key "$key" "$file"
  done
}

# pack_tarball: the program with its plugins, to be unpacked anywhere. Authors have a package of their own.
pack_tarball() {
  local stage=$build/stage/$program-$version part id plugin_version link rest
  local parts=(kernel)
  while IFS=$'\t' read -r id plugin_version link rest; do
    [[ $link == static ]] || parts+=("plugin-$id")
  done < <(printf %s "$plugins")
  for part in "${parts[@]}"; do
    DESTDIR='' cmake --install "$build" --prefix "$stage" --component "$part"
  done >"$build/install.log"
  tar -C "$build/stage" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=gnu \
    -cf - "$program-$version" | gzip -9n >"$output/$program-$version-$(dpkg --print-architecture).tar.gz"
}

# pack_debian: what CPack made is written once more by dpkg-deb, which sorts files and sets all dates.
pack_debian() {
  local package unpacked=$build/stage/deb
  rm -rf "$build/packages"
  (cd "$build" && cpack -G DEB >"$build/cpack.log" 2>&1) || { tail -n 20 "$build/cpack.log" >&2 && die "cpack failed"; }
  for package in "$build/packages"/*.deb; do
    rm -rf "$unpacked"
    dpkg-deb -R "$package" "$unpacked"
    dpkg-deb --root-owner-group -Zxz -z2 --threads-max=1 -b "$unpacked" "$output/$(basename "$package")" >/dev/null
  done
}

# ---- what is in it, in SPDX 2.3

spdx_id() { printf 'SPDXRef-%s' "$(tr -c 'A-Za-z0-9.\n' '-' <<<"$1")"; }

# spdx_package ID NAME VERSION LICENCE SUPPLIER
spdx_package() {
  printf '    {"SPDXID": %s, "name": %s, "versionInfo": %s, "licenseDeclared": %s, "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION", "downloadLocation": "NOASSERTION", "filesAnalyzed": false, "supplier": %s}' \
    "$(json "$1")" "$(json "$2")" "$(json "$3")" "$(json "$4")" "$(json "$5")"
}

# Shared libraries that the installed program and plugins ask for, as packages of this system.
linked_packages() {
  find "$build/stage/$program-$version" -type f \( -path '*/bin/*' -o -name '*.so' \) -print0 | sort -z |
    xargs -0 -n 1 objdump -p | awk '$1 == "NEEDED" {print $2}' | sort -u | while read -r library; do
    dpkg-query -S "*/$library" 2>/dev/null | head -n 1 | cut -d : -f 1
  done | sort -u | while read -r name; do dpkg-query -W -f='${Package}\t${Version}\n' "$name" | head -n 1; done
}

spdx_packages() {
  local id plugin_version link licence_of rest name of
  spdx_package SPDXRef-product "$program" "$version" "$licence" "Organization: $vendor"
  printf ',\n'
  spdx_package SPDXRef-trellis trellis "$core" Apache-2.0 "NOASSERTION"
  while IFS=$'\t' read -r id plugin_version link licence_of rest; do
    printf ',\n'
    spdx_package "$(spdx_id "plugin-$id")" "$id" "$plugin_version" "$licence_of" "NOASSERTION"
  done < <(printf %s "$plugins")
  while IFS=$'\t' read -r name of; do
    printf ',\n'
    spdx_package "$(spdx_id "system-$name")" "$name" "$of" NOASSERTION "Organization: Debian"
  done < <(linked_packages)
}

spdx_files() {
  local file separator=''
  while IFS= read -r file; do
    printf '%s    {"SPDXID": %s, "fileName": %s, "checksums": [{"algorithm": "SHA1", "checksumValue": "%s"}, {"algorithm": "SHA256", "checksumValue": "%s"}], "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION"}' \
      "$separator" "$(json "$(spdx_id "file-$file")")" "$(json "./$file")" \
      "$(sha1sum "$file" | cut -d ' ' -f 1)" "$(digest "$file")"
    separator=$',\n'
  done < <(find . -type f -printf '%P\n' | sort)
}

# spdx_relation FROM KIND TO
spdx_relation() {
  printf ',\n    {"spdxElementId": %s, "relationshipType": "%s", "relatedSpdxElement": %s}' "$(json "$1")" "$2" "$(json "$3")"
}

spdx_relations() {
  local id plugin_version link rest name of file
  printf '    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-product"}'
  spdx_relation SPDXRef-product CONTAINS SPDXRef-trellis
  while IFS=$'\t' read -r id plugin_version link rest; do
    spdx_relation SPDXRef-product "$([[ $link == static ]] && echo STATIC_LINK || echo CONTAINS)" "$(spdx_id "plugin-$id")"
  done < <(printf %s "$plugins")
  while IFS=$'\t' read -r name of; do
    spdx_relation SPDXRef-product DYNAMIC_LINK "$(spdx_id "system-$name")"
  done < <(linked_packages)
  while IFS= read -r file; do
    spdx_relation SPDXRef-product CONTAINS "$(spdx_id "file-$file")"
  done < <(find . -type f -printf '%P\n' | sort)
}

# write_sbom FILE: of what the tarball holds. Its name is made of its inputs, so that it is the same each time.
write_sbom() {
  (
    cd "$build/stage/$program-$version" || exit 1
    printf '{\n  "spdxVersion": "SPDX-2.3",\n  "dataLicense": "CC0-1.0",\n  "SPDXID": "SPDXRef-DOCUMENT",\n'
    printf '  "name": %s,\n' "$(json "$program-$version")"
    printf '  "documentNamespace": %s,\n' "$(json "https://spdx.org/spdxdocs/$program-$version-$(digest "$build/vendor.lock.json")")"
    printf '  "creationInfo": {"created": "%s", "creators": [%s, "Tool: trellis build-vendor"]},\n' \
      "$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" "$(json "Organization: $vendor")"
    printf '  "packages": [\n%s\n  ],\n' "$(spdx_packages)"
    printf '  "files": [\n%s\n  ],\n' "$(spdx_files)"
    printf '  "relationships": [\n%s\n  ]\n}\n' "$(spdx_relations)"
  ) >"$1"
}
