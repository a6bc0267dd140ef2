CREATE TABLE public.customers (
  id            varchar(64)  PRIMARY KEY,
  email         varchar(256) NOT NULL,  -- a token
  phone         varchar(256),           -- a token
  country       char(2),
  last_order_at timestamptz  NOT NULL
);
CREATE TABLE public.orders (
  id          uuid        PRIMARY KEY,
  customer_id varchar(64) NOT NULL REFERENCES public.customers,
  placed_at   timestamptz NOT NULL,
  currency    char(3)     NOT NULL
);
CREATE INDEX ON public.orders (customer_id);
CREATE TABLE public.order_items (
  order_id uuid           NOT NULL REFERENCES public.orders,
  line     integer        NOT NULL,
  sku      varchar(64)    NOT NULL,
  quantity integer        NOT NULL CHECK (quantity > 0),
  price    numeric(12, 2) NOT NULL,
  PRIMARY KEY (order_id, line)
);
