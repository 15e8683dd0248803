-- The demo shop. Everything in one transaction: the shop is there whole, or not at all.
CREATE TYPE order_status AS ENUM ('placed', 'paid', 'shipped', 'delivered', 'cancelled');
CREATE TYPE media_kind AS ENUM ('photo', 'video', 'manual');

CREATE TABLE customers (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text        NOT NULL,
    email       text        NOT NULL UNIQUE,
    street      text        NOT NULL,
    postcode    text        NOT NULL,
    city        text        NOT NULL,
    country     char(2)     NOT NULL,
    newsletter  boolean     NOT NULL DEFAULT false,
    joined_on   date        NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE products (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku         text           NOT NULL UNIQUE,
    name        text           NOT NULL,
    category    text           NOT NULL,
    price       numeric(12, 2) NOT NULL CHECK (price > 0),
    stock       integer        NOT NULL,
    active      boolean        NOT NULL DEFAULT true,
    updated_at  timestamptz    NOT NULL DEFAULT now()
);

CREATE TABLE orders (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id  bigint         NOT NULL REFERENCES customers (id),
    status       order_status   NOT NULL DEFAULT 'placed',
    total        numeric(12, 2) NOT NULL,
    placed_at    timestamptz    NOT NULL DEFAULT now(),
    shipped_at   timestamptz,
    note         text
);
CREATE INDEX orders_by_customer ON orders (customer_id);
CREATE INDEX orders_by_status ON orders (status, id);

CREATE TABLE order_lines (
    order_id    bigint         NOT NULL REFERENCES orders (id),
    line_no     integer        NOT NULL,
    product_id  bigint         NOT NULL REFERENCES products (id),
    quantity    integer        NOT NULL CHECK (quantity > 0),
    unit_price  numeric(12, 2) NOT NULL,
    PRIMARY KEY (order_id, line_no)
);

CREATE TABLE payments (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id  bigint         NOT NULL REFERENCES orders (id),
    method    text           NOT NULL,
    amount    numeric(12, 2) NOT NULL,
    paid_at   timestamptz    NOT NULL DEFAULT now()
);
CREATE INDEX payments_by_order ON payments (order_id);

-- One of every type that is easily mangled on its way
CREATE TABLE product_media (
    id           uuid PRIMARY KEY,
    product_id   bigint NOT NULL REFERENCES products (id),
    kind         media_kind NOT NULL,
    attributes   jsonb NOT NULL,
    labels       text[] NOT NULL,
    dimensions   integer[][],
    weight       numeric(20, 6),
    taken_at     timestamptz,
    local_time   timetz,
    duration     interval,
    valid        daterange,
    uploaded_by  inet,
    checksum     bytea NOT NULL,
    flags        bit(8),
    sharpness    double precision,
    -- 100 kB for one in eight: PostgreSQL keeps it aside and does not send it when other columns change
    transcript   text NOT NULL
);
ALTER TABLE product_media ALTER COLUMN transcript SET STORAGE EXTERNAL;
CREATE INDEX product_media_by_product ON product_media (product_id);

-- With the whole old row in the WAL the change history shows what a value was before. product_media stays at the default, so
-- that the history also shows what that leaves out.
ALTER TABLE customers REPLICA IDENTITY FULL;
ALTER TABLE products REPLICA IDENTITY FULL;
ALTER TABLE orders REPLICA IDENTITY FULL;
ALTER TABLE order_lines REPLICA IDENTITY FULL;
ALTER TABLE payments REPLICA IDENTITY FULL;
