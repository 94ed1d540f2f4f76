using Grpc.Core;
using Serment.Custodian.Wire.Grpc;

namespace Serment.Custodian.Standby;

/// <summary>How this Custodian stands, what the database decided, and the way for its follower. Beside the one way in: it lets nothing out but ciphertext.</summary>
internal sealed class StandbyEndpoint(Post post) : Wire.Grpc.Standby.StandbyBase
{
    public override Task<StandingNow> Standing(StandingAsked request, ServerCallContext context) => Task.FromResult(post.Now());

    public override Task<StandingNow> Decide(Decision request, ServerCallContext context) => post.DecideAsync(request);

    public override Task Follow(IAsyncStreamReader<StandbyFrame> requestStream, IServerStreamWriter<StandbyFrame> responseStream, ServerCallContext context) => post.FollowedAsync(requestStream, responseStream, context.CancellationToken);
}
