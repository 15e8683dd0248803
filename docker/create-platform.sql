-- The platform's database, beside the source's
CREATE DATABASE millrace;
