# The R scoring service of the platform's contract, for the tests: EAP over 81
# equally spaced nodes on [-4, 4] under an N(0, 1) prior, in base R on plumber.
# Rscript plumber.R PORT; the bearer token is in R_IRT_INTERNAL_TOKEN.
library(plumber)

nodes <- seq(-4, 4, length.out = 81)
prior <- dnorm(nodes, log = TRUE)

# A row of responses (1, 0, NA) to its posterior's mean and SD. Responses that
# are no such row give NA, as R's own functions do.
eap <- function(row, items) {
  at <- which(!is.na(row))
  if (any(!row[at] %in% c(0, 1))) return(list(theta = NA, se = NA))
  log_posterior <- prior
  for (j in at) {
    p <- items$c[j] + (1 - items$c[j]) * plogis(items$a[j] * (nodes - items$b[j]))
    log_posterior <- log_posterior + if (row[j] == 1) log(p) else log1p(-p)
  }
  w <- exp(log_posterior - max(log_posterior))
  theta <- sum(w * nodes) / sum(w)
  list(theta = theta, se = sqrt(sum(w * (nodes - theta)^2) / sum(w)))
}

refuse <- function(res, status, why) {
  res$status <- status
  list(error = why)
}

score <- function(req, res) {
  # Simplified to a matrix where all rows are as long: null becomes NA.
  body <- tryCatch(jsonlite::fromJSON(req$postBody), error = function(e) NULL)
  items <- body$item_params
  if (!is.data.frame(items) || !all(c("item", "a", "b", "c") %in% names(items)))
    return(refuse(res, 400, "item_params must hold item, a, b and c"))
  if (anyDuplicated(items$item))
    return(refuse(res, 422, paste("item", items$item[anyDuplicated(items$item)], "stands there twice")))
  rows <- body$responses
  if (!is.matrix(rows) || ncol(rows) != nrow(items))
    return(refuse(res, 422, "responses must be a matrix with a column an item"))
  list(status = "ok", abilities = lapply(seq_len(nrow(rows)), function(i) eap(rows[i, ], items)))
}

authorised <- function(req, res) {
  token <- Sys.getenv("R_IRT_INTERNAL_TOKEN")
  if (nzchar(token) && !identical(req$HTTP_AUTHORIZATION, paste("Bearer", token)))
    return(refuse(res, 401, "no such token"))
  forward()
}

# digits = NA: all of them. Scalars come out boxed, as plumber has it unless told
# otherwise.
boxed <- serializer_json(digits = NA)

pr() |>
  pr_filter("token", authorised, serializer = boxed) |>
  pr_get("/healthz", function() list(status = "ok"), serializer = boxed) |>
  pr_post("/irt/score", score, serializer = boxed) |>
  pr_set_docs(FALSE) |>
  pr_run(host = "127.0.0.1", port = as.integer(commandArgs(TRUE)[1]), quiet = TRUE)
