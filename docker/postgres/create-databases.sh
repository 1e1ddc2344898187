#!/usr/bin/env bash
# Makes a database each for users and music, owned by a role that can enter no other.
#
# The postgres image runs this once, when its volume is empty. Anywhere else: set POSTGRES_USER,
# POSTGRES_DB, the two passwords, and what psql needs to find the server (PGHOST, PGPORT).
set -euo pipefail

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
  --username "${POSTGRES_USER:?}" --dbname "${POSTGRES_DB:?}" \
  --set users_password="${USERS_DB_PASSWORD:?}" --set music_password="${MUSIC_DB_PASSWORD:?}" <<'SQL'
CREATE ROLE users LOGIN PASSWORD :'users_password';
CREATE ROLE music LOGIN PASSWORD :'music_password';
CREATE DATABASE users OWNER users;
CREATE DATABASE music OWNER music;
-- By default everybody may connect to every database.
REVOKE CONNECT ON DATABASE users, music FROM PUBLIC;
SQL
