//! Which route a request matches, by API Gateway's rule: the most specific one.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>

use std::{cmp::Reverse, collections::BTreeMap};

use axum::http::Method;

use crate::template::Route;

/// The routes of the API, each with its target.
#[derive(Debug)]
pub struct Routes<T> {
    /// The most specific first.
    routes: Vec<(Route, Vec<Segment>, T)>,
}

/// The route that a request matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'a, T> {
    /// API Gateway's name for the route, such as `ANY /api/{proxy+}`.
    pub route_key: String,
    /// What the path's variables matched, percent-decoded.
    pub path_parameters: BTreeMap<String, String>,
    /// The route's target.
    pub target: &'a T,
}

/// Ordered by how specific it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Greedy(String),
    Variable(String),
    Literal(String),
}

impl<T> Routes<T> {
    /// Sorts the routes.
    pub fn new(routes: impl IntoIterator<Item = (Route, T)>) -> Self {
        let mut routes: Vec<_> = routes
            .into_iter()
            .map(|(route, target)| {
                let segments = if route.path == "$default" { default_route() } else { segments(&route.path) };
                (route, segments, target)
            })
            .collect();
        routes.sort_by_key(|(route, segments, _)| Reverse((segments.clone(), route.method != "ANY")));
        Self { routes }
    }

    /// The route for a request, if there is one.
    pub fn find(&self, method: &Method, path: &str) -> Option<Match<'_, T>> {
        let path: Vec<_> = path.trim_start_matches('/').split('/').collect();
        self.routes.iter().filter(|(route, ..)| route.method == "ANY" || route.method == method.as_str()).find_map(
            |(route, segments, target)| {
                let path_parameters = matched(segments, &path)?;
                let route_key = match route.path.as_str() {
                    "$default" => route.path.clone(),
                    path => format!("{} {path}", route.method),
                };
                Some(Match { route_key, path_parameters, target })
            },
        )
    }
}

/// Matches whatever no other route matches; its one variable is not passed to the function.
fn default_route() -> Vec<Segment> {
    vec![Segment::Greedy(String::new())]
}

fn segments(path: &str) -> Vec<Segment> {
    let segment = |text: &str| match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        Some(name) => match name.strip_suffix('+') {
            Some(name) => Segment::Greedy(name.to_owned()),
            None => Segment::Variable(name.to_owned()),
        },
        None => Segment::Literal(text.to_owned()),
    };
    path.trim_start_matches('/').split('/').map(segment).collect()
}

fn matched(segments: &[Segment], path: &[&str]) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    let mut rest = path;
    for segment in segments {
        let (first, others) = rest.split_first()?;
        match segment {
            Segment::Literal(text) if text == first => {}
            Segment::Variable(name) if !first.is_empty() => {
                parameters.insert(name.clone(), decoded(first));
            }
            Segment::Greedy(name) if name.is_empty() => return Some(parameters),
            Segment::Greedy(name) if !first.is_empty() => {
                parameters.insert(name.clone(), decoded(&rest.join("/")));
                return Some(parameters);
            }
            _ => return None,
        }
        rest = others;
    }
    rest.is_empty().then_some(parameters)
}

/// Percent-decoded; `+` is literal in a path.
fn decoded(text: &str) -> String {
    let text = text.replace('+', "%2B");
    url::form_urlencoded::parse(text.as_bytes()).next().map_or_else(String::new, |(name, _)| name.into_owned())
}
