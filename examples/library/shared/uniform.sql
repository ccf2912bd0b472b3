{# A number from 0 to 1 in SQLite, whose random() is a whole number of 64 bits, as in DuckDB and PostgreSQL, whose random() is such a number already. #}
(case when abs(random()) > 1 then abs(random() / 9223372036854775808.0) else random() end)
